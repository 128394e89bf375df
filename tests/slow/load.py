"""Many clients asking one real server at once: `make load`.

Each client asks on a connection of its own, one question after another, and compares every answer
with the one given to a client that asked alone. Statuses are counted apart, because a server may
refuse more than it can do (429, 503): what it does answer must be right all the same. At the end it
is told to stop while all of them ask: what it does not finish in its 30 seconds is counted.
"""

import http.client
import json
import math
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click

from corpus.reading_process import memory_of
from tests.building import write
from tests.processes import Served, serving
from tests.slow.leaflets import sentence, write_leaflets

_BACK_OFF_SECONDS = 0.05
"""How long a client waits that was refused: without it, refusals would be all that is counted."""
_REFUSED = (429, 503)
Answers = dict[str, object]


@dataclass(slots=True)
class Load:
    """What came of a run: statuses, milliseconds of each answer, memory in bytes, every fault."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    unfinished: int = 0
    """Answers that were under way when the server was told to stop, and never came."""
    exit_status: int | None = None
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which this share of the answers came."""
        ordered = sorted(self.took)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


class _Client(threading.Thread):
    """Asks until told to stop, or until the server has."""

    def __init__(self, url: str, alone: Answers, number: int, over: threading.Event) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self._url, self._alone, self._number, self._over = url, alone, number, over
        self.stopping = threading.Event()
        self.found = Load()

    def run(self) -> None:
        """Ask; where the server was told to stop, a connection refused or closed is its end."""
        questions = list(self._alone)
        with closing(_connection(self._url)) as connection:
            for number in range(self._number, 1_000_000):
                if self._over.is_set():
                    return
                question = questions[number % len(questions)]
                try:
                    self._ask(connection, question)
                except http.client.IncompleteRead as error:
                    self.found.faults.append(f"an answer broke off: {error!r}")
                    return
                except (OSError, http.client.HTTPException) as error:
                    if not self.stopping.is_set():
                        self.found.faults.append(repr(error))
                    return

    def _ask(self, connection: http.client.HTTPConnection, question: str) -> None:
        began = time.perf_counter()
        status, said = _asked(connection, question)
        self.found.statuses[status] += 1
        if status == http.client.OK:
            self.found.took.append(1000 * (time.perf_counter() - began))
            if said != self._alone[question]:
                self.found.faults.append(f"{question}: not what was answered to one alone")
        elif status in _REFUSED:
            self._over.wait(_BACK_OFF_SECONDS)
        elif self.stopping.is_set():
            self.found.unfinished += 1
        else:
            self.found.faults.append(f"{question}: {status}")


def put_under_load(served: Served, questions: Sequence[str], clients: int, seconds: float) -> Load:
    """Ask with so many clients for so long, then tell the server to stop while they ask."""
    with closing(_connection(served.url)) as connection:
        alone = {question: _asked(connection, question)[1] for question in questions}
    stop = threading.Event()
    threads = [_Client(served.url, alone, number, stop) for number in range(clients)]
    done = Load(memory=[_memory(served)])
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for _ in range(4):
        time.sleep(seconds / 4)
        done.memory.append(_memory(served))
    done.seconds = time.perf_counter() - began
    for thread in threads:
        thread.stopping.set()
    served.process.send_signal(signal.SIGTERM)
    done.exit_status = served.process.wait(timeout=120)
    stop.set()
    for thread in threads:
        thread.join(120)
        done.statuses += thread.found.statuses
        done.took += thread.found.took
        done.faults += thread.found.faults
        done.unfinished += thread.found.unfinished
    return done


def _connection(url: str) -> http.client.HTTPConnection:
    address = urlsplit(url)
    return http.client.HTTPConnection(str(address.hostname), int(address.port or 0), timeout=120)


def _asked(connection: http.client.HTTPConnection, question: str) -> tuple[int, object]:
    """Ask for passages; return the status, and what no later request may change of the answer."""
    body = json.dumps({"question": question, "top_k": 3})
    connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    body_read = response.read()
    if response.status != http.client.OK:
        return response.status, None
    return response.status, json.loads(body_read)["citations"]


def _memory(served: Served) -> int:
    return memory_of(served.process.pid, "VmRSS")


@click.command()
@click.option("--clients", default=200, show_default=True, type=click.IntRange(min=1))
@click.option("--seconds", default=120.0, show_default=True, type=click.FloatRange(min=1))
@click.option("--sentences", default=1_000, show_default=True, type=click.IntRange(min=100))
def command(clients: int, seconds: float, sentences: int) -> None:
    """Serve with the default encoder and reranker, ask, and say what came of it."""
    with tempfile.TemporaryDirectory(prefix="pincite-load-") as folder:
        source = write(Path(folder) / "source", {"spasms.txt": "These spasms last a minute.\n"})
        write_leaflets(source, sentences)
        questions = [
            sentence(number).rstrip(".") for number in range(0, sentences, sentences // 50)
        ]
        settings = {"PINCITE_ENCODER": "", "PINCITE_RERANKER": ""}  # their defaults
        with serving(Path(folder) / "home", source, **settings) as served:
            done = put_under_load(served, questions, clients, seconds)
    for fault in sorted(set(done.faults)):
        click.echo(f"FAULT {done.faults.count(fault)} x {fault}")
    ok = done.statuses[http.client.OK]
    click.echo(
        f"{clients} clients, {done.seconds:.0f} s: {ok / done.seconds:.1f} answers a second, "
        f"statuses {dict(sorted(done.statuses.items()))}\n"
        f"p50 {done.percentile(0.5):.0f} ms, p95 {done.percentile(0.95):.0f} ms, "
        f"p99 {done.percentile(0.99):.0f} ms\n"
        f"resident memory {', '.join(f'{one / 2**20:.0f}' for one in done.memory)} MiB\n"
        f"told to stop while they asked: exit status {done.exit_status}, "
        f"{done.unfinished} left unanswered; {len(done.faults)} faults"
    )
    raise SystemExit(1 if done.faults or done.exit_status else 0)


if __name__ == "__main__":
    command()
