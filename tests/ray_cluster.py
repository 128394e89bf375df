"""A real Ray cluster on loopback: a head that works on nothing, and workers of one processor each.

The encoders that its tests name stand here too, because the workers import them.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors

POISON = "This text is the end of every process that encodes it."
_HOST = "127.0.0.2"  # loopback; for 127.0.0.1 Ray takes the address that others reach
_PATIENCE_SECONDS = 120.0
_STORE_BYTES = "80000000"


class UnhurriedEncoder(HashingEncoder):
    """Takes its time over a batch, so that a worker can be killed in the middle of one."""

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode; whoever encodes the poison is killed."""
        if POISON in passages:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.2)
        return super().encode_passages(passages)


def open_unhurried() -> UnhurriedEncoder:
    """Return the encoder, as a setting names it."""
    return UnhurriedEncoder()


def arithmetic() -> dict[str, str]:
    """Return what in the environment decides how numpy's library rounds: it has to be the same."""
    return {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}


@dataclass(slots=True)
class RayCluster:
    """Where clients connect, and the nodes that work, each a process with its children."""

    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def kill_a_worker(self) -> None:
        """Kill -9 one node with all that runs on it."""
        node = self.workers.pop(0)
        for process in [node.pid, *_descendants(node.pid)]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        node.wait()

    def stop_workers(self) -> None:
        """Let every node go that works."""
        while self.workers:
            node = self.workers.pop()
            node.terminate()
            node.wait()


def why_not() -> str | None:
    """Return why no cluster is to run here, or None where one is."""
    if "HANDS" not in os.environ or find_spec("ray") is None:
        return "a real Ray cluster takes its time to install and to start: make hands"
    if shutil.which("setpriv") is None:
        return "setpriv (of util-linux) is not here to stop Ray with its starter"
    return None


@contextmanager
def ray_cluster(workers: int) -> Iterator[RayCluster]:
    """Run a head and so many workers until the block ends."""
    # Ray's sockets stand in this folder, and a socket's path may have a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    port, client = _free_port(), _free_port()
    nodes: list[subprocess.Popen[bytes]] = []
    try:
        head = ["--head", "--port", str(port), "--ray-client-server-port", str(client)]
        head += ["--num-cpus", "0", "--include-dashboard", "false", "--temp-dir", str(folder)]
        nodes.append(_node(folder, head))
        _wait_for(port, nodes[0], folder)
        _wait_for(client, nodes[0], folder)
        started = RayCluster(f"ray://{_HOST}:{client}")
        for _ in range(workers):
            nodes.append(_node(folder, ["--address", f"{_HOST}:{port}", "--num-cpus", "1"]))
            started.workers.append(nodes[-1])
        yield started
    finally:
        for node in reversed(nodes):
            everything = [node.pid, *_descendants(node.pid)]
            node.terminate()
            with suppress(subprocess.TimeoutExpired):
                node.wait(10)
            for process in everything:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            node.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _node(folder: Path, options: Sequence[str]) -> subprocess.Popen[bytes]:
    ray = str(Path(sys.executable).with_name("ray"))
    with (folder / "nodes.log").open("ab") as log:
        return subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "TERM", "--", ray, "start", "--block", *options),
                *("--node-ip-address", _HOST, "--object-store-memory", _STORE_BYTES),
            ],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "PYTHONPATH": str(Path(__file__).parents[1]),
                "RAY_USAGE_STATS_ENABLED": "0",
                **arithmetic(),
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _wait_for(port: int, node: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with suppress(OSError):
            socket.create_connection((_HOST, port), timeout=1).close()
            return
        log = (folder / "nodes.log").read_text(encoding="utf-8", errors="replace")
        assert node.poll() is None, f"Ray does not start:\n{log[-2000:]}"
        assert time.monotonic() < deadline, f"Ray takes too long to start:\n{log[-2000:]}"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
        for child in map(int, text.split()):
            found += [child, *_descendants(child)]
    return found
