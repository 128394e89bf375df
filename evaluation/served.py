"""`pincite serve` as a process of its own: started, asked over HTTP, and measured from outside."""

import http.client
import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluation.errors import EvaluationError

_START_SECONDS = 300.0
_STAGE = re.compile(r'pincite_stage_duration_seconds_(sum|count)\{stage="(\w+)"\} (\S+)')


@contextmanager
def server(
    command: str, home: Path, reranker: str
) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """Run `pincite serve` until it is ready; yields the process, its port, and the seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [command, "serve", "--home", str(home), "--port", str(port)],
        env={**os.environ, "PINCITE_RERANKER": reranker, "PINCITE_LOG_LEVEL": "error"},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, port, _seconds_to_ready(process, port, began)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _seconds_to_ready(process: subprocess.Popen[bytes], port: int, began: float) -> float:
    while time.perf_counter() - began < _START_SECONDS:
        if process.poll() is not None:
            raise EvaluationError(f"pincite serve ended with status {process.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.client.OK:
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.02)
    raise EvaluationError(f"pincite serve was not ready after {_START_SECONDS:.0f} seconds")


class Client:
    """One caller with one kept connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __call__(self, question: str, mode: str) -> float:
        """Ask; return the milliseconds that the answer took, EvaluationError where none came."""
        body = json.dumps({"question": question, "mode": mode})
        began = time.perf_counter()
        self._connection.request("POST", "/v1/answers", body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        took = 1000 * (time.perf_counter() - began)
        if response.status != http.client.OK:
            raise EvaluationError(f"the service answered {response.status}: {answer[:200]!r}")
        return took


def stages(port: int) -> dict[str, tuple[float, float]]:
    """Return the seconds and the times of each stage since the start, as /metrics has them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    found: dict[str, dict[str, float]] = {}
    for kind, name, value in _STAGE.findall(connection.getresponse().read().decode()):
        found.setdefault(name, {})[kind] = float(value)
    return {name: (one["sum"], one["count"]) for name, one in found.items()}


def processor_seconds(pid: int) -> float:
    """Return the seconds of processor that a process has used, its kernel's included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Return the memory that a process holds, in MB of 2**20 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise EvaluationError("this system does not tell how much memory a process holds")
