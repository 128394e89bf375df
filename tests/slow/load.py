"""Many clients asking one real server at once: `make load`.

Each client asks on a connection of its own, one question after another, and compares every answer
with the one given to a client that asked alone. A server may refuse more than it can do, by rule:
429 or 503, as a problem, with the seconds after which to ask again, and a client waits for as long.
Everything else is a fault. At the end the server is told to stop while all of them ask: what it
does not finish in its 30 seconds must be such a refusal too.
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
from email.message import Message as HTTPMessage
from pathlib import Path
from urllib.parse import urlsplit

import click

from corpus.reading_process import memory_of
from tests.building import write
from tests.processes import Served, serving
from tests.slow.leaflets import sentence, write_leaflets

_REFUSED = (429, 503)
_PROBLEM = "application/problem+json"
_FLAT = 32 * 2**20
"""Bytes by which memory may grow between the first quarter of a run and its end."""
Answers = dict[str, object]


@dataclass(slots=True)
class Load:
    """What came of a run: statuses, milliseconds of each answer, memory in bytes, every fault."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    unfinished: int = 0
    """Questions that were refused after the server was told to stop."""
    exit_status: int | None = None
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Return the milliseconds within which this share of the answers came."""
        ordered = sorted(self.took)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan

    @property
    def flat(self) -> bool:
        """Whether memory stayed what it was once all clients were there."""
        return self.memory[-1] - self.memory[1] < _FLAT


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
        status, said, headers = _asked(connection, question)
        self.found.statuses[status] += 1
        if status == http.client.OK:
            self.found.took.append(1000 * (time.perf_counter() - began))
            if said != self._alone[question]:
                self.found.faults.append(f"{question}: not what was answered to one alone")
            return
        again = headers.get("Retry-After", "")
        if status in _REFUSED and again.isdigit() and headers["Content-Type"] == _PROBLEM:
            self.found.unfinished += self.stopping.is_set()
            self._over.wait(float(again))
        else:
            self.found.faults.append(
                f"{status} {headers['Content-Type']}, again {again or 'never'}"
            )


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


def _asked(
    connection: http.client.HTTPConnection, question: str
) -> tuple[int, object, HTTPMessage]:
    """Ask for passages; return the status, and what no later request may change of the answer."""
    body = json.dumps({"question": question, "top_k": 3})
    connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    body_read = response.read()
    if response.status != http.client.OK:
        return response.status, None, response.headers
    return response.status, json.loads(body_read)["citations"], response.headers


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
    for line in table(done, clients):
        click.echo(line)
    raise SystemExit(1 if done.faults or done.exit_status or not done.flat else 0)


def table(done: Load, clients: int) -> list[str]:
    """Return what came of a run as the rows that docs/performance.md has of it."""
    answered = done.statuses[http.client.OK]
    refused = {status: done.statuses[status] for status in _REFUSED if done.statuses[status]}
    times = ", ".join(f"{done.percentile(share):.0f}" for share in (0.5, 0.95, 0.99))
    memory = ", ".join(f"{one / 2**20:.0f}" for one in done.memory)
    rows = {
        f"{clients} clients": f"{done.seconds:.0f} s",
        "answers a second, all of them right": f"{answered / done.seconds:.1f}",
        "refused by rule, by status": str(refused or "none"),
        "faults: any other status, form or answer": str(len(done.faults)),
        "p50, p95, p99 of what was answered, ms": times,
        "resident memory at the start and after each quarter, MiB": memory,
        "told to stop while all ask: exit status": str(done.exit_status),
        "of those under way, refused by rule": str(done.unfinished),
    }
    head, *others = (f"| {name} | {value} |" for name, value in rows.items())
    return [head, "|---|---|", *others]


if __name__ == "__main__":
    command()
