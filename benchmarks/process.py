"""Systems' processes as seen from outside: spoken to, timed from their start, weighed."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Self

from benchmarks.systems import ROOT, Server, System

_START_SECONDS = 180.0
_MIB = 1024


class BenchmarkError(Exception):
    """A system did not do what it was asked."""


class Adapter:
    """One adapter's process; a `with` block ends it."""

    def __init__(
        self, system: System, python: Path, model: str, store: Path, log: IO[bytes]
    ) -> None:
        self._system = system
        self.started = time.perf_counter()
        self.process = subprocess.Popen(  # noqa: S603 - our own adapters
            [python, "-m", system.module, model, store],
            cwd=ROOT,
            env=system.variables(python.parent),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end(self.process)

    def do(self, command: str, **arguments: object) -> dict[str, object]:
        """Send one command and return its reply; BenchmarkError with what the adapter says."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            status = self.process.wait()
            raise BenchmarkError(
                f"{self._system.name}: the adapter ended at {command!r}, status {status}"
            )
        reply: dict[str, object] = json.loads(line)
        if "error" in reply:
            raise BenchmarkError(f"{self._system.name}: {command}: {reply['error']}")
        return reply


@contextmanager
def serving(
    system: System, server: Server, bin_folder: Path, store: Path, log: IO[bytes]
) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """Run a system's server; yields its process, port, and seconds from command to ready."""
    port = _free_port()
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - the servers of systems.py
        filled(server.command, bin=bin_folder, store=store, port=port),
        cwd=store,
        env={
            **system.variables(bin_folder),
            **{name: _fill(value, store=store) for name, value in server.environment.items()},
        },
        stdout=log,
        stderr=log,
    )
    try:
        yield process, port, _seconds_to_ready(process, port, server.ready, began)
    finally:
        end(process)


def filled(texts: Sequence[str], **values: object) -> list[str]:
    """Return the texts with each {name} replaced by its value."""
    return [_fill(text, **values) for text in texts]


def _fill(text: str, **values: object) -> str:
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def end(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process that this one started."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process and its children, in MiB.

    BenchmarkError where it has ended, waited for or not.
    """
    kib = _resident_kib(pid)
    if kib is None:
        raise BenchmarkError("its process ended while it was asked")
    return kib / _MIB


def _resident_kib(pid: int) -> int | None:
    try:
        own = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    kib = next((int(line.split()[1]) for line in own if line.startswith("VmRSS:")), None)
    return None if kib is None else kib + sum(_resident_kib(int(one)) or 0 for one in children)


def seconds_of(
    command: Sequence[str | Path], environment: Mapping[str, str], log: IO[bytes]
) -> float:
    """Run a command to its end and return how long it took."""
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=ROOT, env=environment, stdout=log, stderr=log, check=False
    )
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(map(str, command))}: exit status {done.returncode}")
    return time.perf_counter() - began


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _seconds_to_ready(
    process: subprocess.Popen[bytes], port: int, path: str, began: float
) -> float:
    while time.perf_counter() - began < _START_SECONDS:
        if process.poll() is not None:
            raise BenchmarkError(f"the server ended with status {process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with closing(connection), suppress(OSError):
            connection.request("GET", path)
            if connection.getresponse().status == http.client.OK:
                return time.perf_counter() - began
        time.sleep(0.02)
    raise BenchmarkError(f"the server was not ready after {_START_SECONDS:.0f} seconds")


def environment_python(peers: Path, system: System) -> Path:
    """Return the interpreter of a system's environment: this one for Pincite."""
    if system.ours:
        return Path(sys.executable)
    python = peers / system.name / "bin" / "python"
    if not python.exists():
        raise BenchmarkError(f"{system.name}: no environment at {python.parent.parent}; make peers")
    return python


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
