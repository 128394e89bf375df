"""The reverse proxies of docs/deployment, run for real with their own files on free ports."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

FILES = Path(__file__).parents[2] / "docs" / "deployment"
NAME = "leaflets.clinic.example"
_PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Proxied:
    """A running proxy: its two ports, and the folder of all that it writes."""

    port: int
    plain_port: int
    written: Path

    def client(self) -> httpx2.Client:
        """Return a client that speaks TLS to the proxy under its name."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the certificate is the test's own
        return httpx2.Client(
            base_url=f"https://127.0.0.1:{self.port}",
            headers={"Host": NAME},
            verify=context,
            event_hooks={"request": [_name_in_tls]},
            timeout=30,
            trust_env=False,
        )

    def everything_written(self) -> str:
        """Return the text of every file of the proxy: logs, and bodies it put aside."""
        texts = (path.read_bytes() for path in self.written.rglob("*") if path.is_file())
        return b"\n".join(texts).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A kind of proxy: its program, and its configuration made to run in `written`."""

    program: str
    configure: Callable[[Path, str, int, int], Path]
    check: Callable[[Path], list[str]]
    run: Callable[[Path], list[str]]

    def ready(self, folder: Path, upstream: str) -> tuple[Path, int, int]:
        """Return the configuration and its ports; skip where the program is not here."""
        if shutil.which(self.program) is None:
            pytest.skip(f"{self.program} is not here to be run")
        _certificate(folder)
        written = folder / "written"
        written.mkdir()
        port, plain = _free_port(), _free_port()
        return self.configure(folder, upstream, port, plain), port, plain

    @contextmanager
    def running(self, folder: Path, upstream: str) -> Iterator[Proxied]:
        """Run the proxy before `upstream` ("127.0.0.1:8000") until the block ends."""
        configuration, port, plain = self.ready(folder, upstream)
        with (folder / "written" / "standard-error").open("wb") as sink:
            process = subprocess.Popen(
                self.run(configuration),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=_environment(folder),
            )
        try:
            for one in (port, plain):
                _await(one, process)
            yield Proxied(port, plain, folder / "written")
        finally:
            process.terminate()
            process.wait(timeout=_PATIENCE_SECONDS)

    def checked(self, folder: Path) -> subprocess.CompletedProcess[str]:
        """Have the program itself check the configuration."""
        configuration, _, _ = self.ready(folder, "127.0.0.1:8000")
        return subprocess.run(
            self.check(configuration),
            capture_output=True,
            text=True,
            check=False,
            env=_environment(folder),
        )


def changed(text: str, changes: dict[str, str]) -> str:
    """Return a text with each of `changes` made; each must have something to change."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def _nginx(folder: Path, upstream: str, port: int, plain: int) -> Path:
    site = changed(
        (FILES / "nginx.conf").read_text(encoding="utf-8"),
        {
            "127.0.0.1:8000": upstream,
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl;",
            "/etc/ssl/pincite": str(folder),
            "/var/log/nginx": str(folder / "written"),
        },
    )
    (folder / "site.conf").write_text(site, encoding="utf-8")
    put_aside = "".join(
        f"{name}_temp_path {folder}/written/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "whole.conf"
    whole.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nevents {{}}\n"
        f"http {{\n{put_aside}include {folder}/site.conf;\n}}\n",
        encoding="utf-8",
    )
    return whole


def _caddy(folder: Path, upstream: str, port: int, plain: int) -> Path:
    site = changed(
        (FILES / "Caddyfile").read_text(encoding="utf-8"),
        {
            "127.0.0.1:8000": upstream,
            "admin off": f"admin off\n\thttp_port {plain}\n\thttps_port {port}",
            "/etc/ssl/pincite": str(folder),
            "/var/log/caddy": str(folder / "written"),
        },
    )
    file = folder / "Caddyfile"
    file.write_text(site, encoding="utf-8")
    return file


def _name_in_tls(request: httpx2.Request) -> None:
    request.extensions = {**request.extensions, "sni_hostname": NAME}


def _certificate(folder: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not here to make a certificate")
    key, certificate = str(folder / "privkey.pem"), str(folder / "fullchain.pem")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    name = ("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}")
    subprocess.run(
        ["openssl", "req", "-x509", *curve, *name, "-nodes", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )


def _environment(folder: Path) -> dict[str, str]:
    return {"PATH": "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the proxy ended"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the proxy does not listen")


PROXIES = {
    "nginx": Proxy(
        "nginx",
        _nginx,
        lambda file: ["nginx", "-t", "-e", "stderr", "-c", str(file)],
        lambda file: ["nginx", "-e", "stderr", "-c", str(file)],
    ),
    "caddy": Proxy(
        "caddy",
        _caddy,
        lambda file: ["caddy", "validate", "--adapter", "caddyfile", "--config", str(file)],
        lambda file: ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)],
    ),
}
