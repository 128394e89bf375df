"""The real `pincite` as a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PINCITE = str(Path(sys.executable).with_name("pincite"))
_READY = "Pincite answers at "
_PATIENCE_SECONDS = 120


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Return a bare environment: no model, no reranker, unless `settings` say otherwise."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PINCITE_HOME": str(home),
        "PINCITE_ENCODER": "hashing:",
        "PINCITE_RERANKER": "none",
        **settings,
    }


def run(
    home: Path, *arguments: str | Path, prefix: Sequence[str] = (), **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run pincite to its end."""
    return subprocess.run(
        [*prefix, PINCITE, *map(str, arguments)],
        env=environment(home, **settings),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )


@dataclass(frozen=True, slots=True)
class Served:
    """A serving process: where it answers, its process, and where its standard error goes."""

    url: str
    process: subprocess.Popen[bytes]
    stderr: Path

    def log(self, *lines: str) -> str:
        """Return what it has written, once each of `lines` is in it.

        A request's line is written after its response, and may come after its client reads on.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            written = self.stderr.read_text(encoding="utf-8")
            if all(line in written for line in lines):
                return written
            assert time.monotonic() < deadline, written
            time.sleep(0.05)


@contextmanager
def serving(
    home: Path, *arguments: str | Path, prefix: Sequence[str] = (), **settings: str
) -> Iterator[Served]:
    """Run `pincite serve` on a free port until the block ends."""
    home.mkdir(parents=True, exist_ok=True)
    stderr = home.parent / f"{home.name}.stderr"
    variables = environment(home, **settings)
    with stderr.open("wb") as sink:
        process = subprocess.Popen(
            [*prefix, PINCITE, "serve", "--port", "0", *map(str, arguments)],
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=sink,
        )
    try:
        yield Served(_address(process, stderr), process, stderr)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], stderr: Path) -> str:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in stderr.read_text(encoding="utf-8").splitlines():
            if line.startswith(_READY):
                return line.removeprefix(_READY).rstrip("/")
        time.sleep(0.05)
    raise AssertionError(f"it does not serve:\n{stderr.read_text(encoding='utf-8')}")


def one_line(text: str) -> str:
    """Return the one line that `text` is; nothing else was printed, least of all a traceback."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]
