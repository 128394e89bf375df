"""A real proxy with the file of docs/deployment before a real service."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from index.encoders.hashing import HashingEncoder
from service.app import create_app
from service.library import Library
from tests.building import write
from tests.deployment.proxies import FILES, NAME, PROXIES, Proxied, Proxy
from tests.processes import serving

CANARY = "zanzibar7q-943-476-5919"
QUESTION = {"question": "how long do these spasms last"}


@pytest.fixture(params=sorted(PROXIES))
def proxy(request: pytest.FixtureRequest) -> Proxy:
    """Return each proxy in turn."""
    return PROXIES[request.param]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that a proxy's own user may enter."""
    for one in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        one.chmod(0o755)
    made = tmp_path / "proxy"
    made.mkdir()
    return made


def test_the_program_itself_finds_nothing_wrong(proxy: Proxy, folder: Path) -> None:
    """`nginx -t` and `caddy validate` take the files as they stand."""
    done = proxy.checked(folder)
    assert done.returncode == 0, done.stderr


def test_questions_go_through_and_no_word_of_them_is_kept(
    proxy: Proxy, folder: Path, tmp_path: Path
) -> None:
    """Asked in every way, wrong ways and a dead service too: the words are in no file of the proxy.

    The log is not empty: it tells method and status of each request.
    """
    source = write(tmp_path / "source")
    with serving(tmp_path / "home", source) as service:
        with proxy.running(folder, urlsplit(service.url).netloc) as front:
            with front.client() as client:
                answer = client.post("/v1/answers", json=QUESTION)
                assert answer.status_code == 200
                assert answer.json()["citations"][0]["quote"].startswith("These spasms usually")
                assert answer.headers["strict-transport-security"]
                assert client.get("/").status_code == 200
                _ask_in_every_way(client)
            _speak_badly(front)
            service.process.terminate()
            service.process.wait(timeout=20)
            with front.client() as client:
                assert client.get("/search", params={"q": CANARY}).status_code == 502
            written = front.everything_written()
        log = service.stderr.read_text(encoding="utf-8")
    assert "/v1/answers 200" in log
    assert "POST" in written
    assert "502" in written
    assert CANARY not in written + log


def test_each_address_takes_as_much_as_pincite_does(
    proxy: Proxy, folder: Path, tmp_path: Path
) -> None:
    """A long conversation and a file go through; a file is refused by Pincite, not by the proxy.

    nginx logs the address of each as its template.
    """
    long = [{"role": "user", "content": "spasm " * 40_000}, {"role": "user", "content": "why?"}]
    source = write(tmp_path / "source")
    with (
        serving(tmp_path / "home", source) as service,
        proxy.running(folder, urlsplit(service.url).netloc) as front,
        front.client() as client,
    ):
        chat = client.post("/v1/chat/completions", json={"model": "default", "messages": long})
        assert chat.status_code == 200
        refused = client.put("/v1/documents/a.txt", content=b"word " * 200_000)
        assert refused.status_code == 403
        assert refused.json()["title"]
        assert client.get("/v1/documents").status_code == 200
        written = front.everything_written()
    if proxy.program == "nginx":
        assert "POST /v1/chat/completions 200" in written
        assert "PUT /v1/documents/{document_id} 403" in written
        assert "GET /v1/documents 200" in written
        assert "a.txt" not in written


def test_nginx_knows_every_route_by_its_template(tmp_path: Path) -> None:
    """Each route of the API is one that nginx logs, as Pincite's own log has it."""
    text = (FILES / "nginx.conf").read_text(encoding="utf-8")
    table = text.partition("map $uri $pincite_route {")[2].partition("}\n\n")[0]
    lines = re.findall(r"^ +~(\S+)\s+(\S+);$", table, re.MULTILINE)
    assert len(lines) >= 9

    def logged(path: str) -> str:
        for pattern, said in lines:
            if found := re.match(pattern.replace("(?<", "(?P<"), path):
                return str(found[said[1:]]) if said.startswith("$") else said.strip('"')
        return "-"

    paths = create_app(Library(tmp_path, HashingEncoder())).openapi()["paths"]
    assert {path: logged(re.sub(r"{\w+}", "x", path)) for path in paths} == {
        path: path for path in paths
    }
    assert logged("/v1/answers-my-name") == "-"


def _ask_in_every_way(client: httpx2.Client) -> None:
    """Say the canary in question, query, path, headers, and in a body that is too large."""
    big = {"question": CANARY + " spasm" * 8_000}
    assert client.post("/v1/answers", json={"question": CANARY}).status_code == 200
    assert client.post("/v1/answers", json=big).status_code == 422  # 48 KB go through
    refused = client.post("/v1/answers", json={"question": CANARY * 9_000}).status_code
    assert refused in {413, 502}  # Caddy before 2.7 says 502
    assert client.get("/search", params={"q": CANARY}).status_code == 200
    assert client.get(f"/{CANARY}").status_code == 404
    client.get(f"/search?q={CANARY * 2_000}")  # longer than any address may be
    told = {"Referer": f"https://x/?q={CANARY}", "User-Agent": CANARY, "X-Request-Id": CANARY}
    assert client.get("/", headers=told).status_code == 200
    assert client.put(f"/v1/documents/{CANARY}", content=CANARY).status_code == 403
    assert client.put(f"/{CANARY}", content=CANARY).status_code in {403, 405}
    for path in (f"/documents/{CANARY}", f"/v1/documents/{CANARY}/original"):
        assert client.get(path).status_code == 404
    chat = {"model": "default", "messages": [{"role": "user", "content": CANARY}]}
    assert client.post("/v1/chat/completions", json=chat).status_code == 200
    assert client.post("/retrieval", json={"query": CANARY}).status_code == 400


def _speak_badly(front: Proxied) -> None:
    """Ask without TLS, and send what is no HTTP."""
    plain = f"http://127.0.0.1:{front.plain_port}/search"
    found = httpx2.get(plain, params={"q": CANARY}, headers={"Host": NAME}, trust_env=False)
    assert found.status_code in {301, 308}
    for port in (front.port, front.plain_port):
        with socket.create_connection(("127.0.0.1", port), 10) as sent:
            sent.sendall(f"GET /search?q={CANARY}\x01 HTTP/9.9\r\n{CANARY}\r\n\r\n".encode())
            sent.recv(4096)


class _Upstream(ThreadingHTTPServer):
    """A service that keeps the headers it got, and a stream's end back until it is let go."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Echo)
        self.got: dict[str, str] = {}
        self.let_go = threading.Event()


class _Echo(BaseHTTPRequestHandler):
    server: _Upstream

    def do_GET(self) -> None:
        self.server.got = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        self.wfile.flush()
        self.server.let_go.wait(20)
        self.wfile.write(b"data: last\n\n")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def _upstream() -> Iterator[_Upstream]:
    server = _Upstream()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.let_go.set()
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_request_says_that_it_came_through_a_proxy(proxy: Proxy, folder: Path) -> None:
    """X-Forwarded-For is always there, with the caller's address and nothing the caller wrote."""
    with _upstream() as upstream:
        upstream.let_go.set()
        address = f"127.0.0.1:{upstream.server_port}"
        with proxy.running(folder, address) as front, front.client() as client:
            client.get("/", headers={"X-Forwarded-For": "127.9.9.9", "X-Forwarded-Proto": "x"})
    assert upstream.got["x-forwarded-for"] == "127.0.0.1"
    assert upstream.got["x-forwarded-proto"] == "https"
    assert upstream.got["host"] == NAME


def test_a_stream_is_passed_on_as_it_comes(proxy: Proxy, folder: Path) -> None:
    """The first event is here while the last has not been sent."""
    with _upstream() as upstream:
        address = f"127.0.0.1:{upstream.server_port}"
        with (
            proxy.running(folder, address) as front,
            front.client() as client,
            client.stream("GET", "/", timeout=10) as response,
        ):
            lines = response.iter_lines()
            assert next(lines) == "data: first"
            upstream.let_go.set()
            assert "data: last" in list(lines)
