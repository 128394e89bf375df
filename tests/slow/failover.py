"""Services, replicas and the primary killed while 50 clients ask: `make failover`.

Three services and three PostgreSQL servers, each on an address of its own, one truth. A writer
publishes build after build the whole time. Each client goes to the next service where one does not
answer, as a load balancer would send it. Every answer is compared with what the build that its
receipt names holds; every acknowledged write is looked for at the end. What nobody could ask or
write is measured, and written into docs/scaling.md.
"""

import http.client
import json
import os
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import click

from evaluation.timing import percentile
from index.stores import open_store
from tests.processes import Served, serving
from tests.servers import Cluster, Server, cluster, fresh_database, why_not
from tests.slow.leaflets import sentence, write_leaflets
from tests.slow.marked import replace_marked

DOCS = Path(__file__).parents[2] / "docs" / "scaling.md"
SERVICES = ("127.0.1.1", "127.0.1.2", "127.0.1.3")
SERVERS = ("127.0.2.1", "127.0.2.2", "127.0.2.3")
_REVISION = re.compile(r"This is revision (\d+) of the timetable\.")
_TIMETABLE = "which revision of the timetable is this"
_REFUSED = (429, 503)
_BACK_OFF_SECONDS = 0.05


@dataclass(slots=True)
class Tally:
    """What came of asking or writing: when it went well, and what else came back."""

    well: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    not_well: Counter[str] = field(default_factory=Counter)
    said: dict[str, set[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def gap(self, first: float, last: float) -> float:
        """Return the longest time without anything going well between two moments."""
        within = sorted(one for one in self.well if first < one < last)
        moments = [max([one for one in self.well if one <= first], default=first), *within, last]
        return max(after - before for before, after in pairwise(moments))


class Services:
    """The services that run now; callers go round them."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def url(self, turn: int) -> str:
        """Return where this caller goes at this turn."""
        urls = self.urls
        return urls[turn % len(urls)]


class _Caller(threading.Thread):
    """Whoever calls the services until told to stop, each time the next one where one fails."""

    def __init__(self, services: Services, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"caller {number}", daemon=True)
        self._services, self._turn, self._stop_all = services, number, stop
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self.tally = Tally()

    def _call(self, method: str, path: str, body: bytes, media: str) -> tuple[int, bytes] | None:
        """Call once; None where nobody answered."""
        url = self._services.url(self._turn)
        address = urlsplit(url)
        connection = self._connections.get(url)
        if connection is None:
            connection = http.client.HTTPConnection(
                str(address.hostname), int(address.port or 0), timeout=60
            )
            self._connections[url] = connection
        try:
            connection.request(method, path, body, {"Content-Type": media})
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._failed(type(error).__name__)
            return None

    def _failed(self, why: str) -> None:
        self.tally.not_well[why] += 1
        self._turn += 1
        self._stop_all.wait(_BACK_OFF_SECONDS)


class _Client(_Caller):
    """Asks two questions in turn: one whose answer never changes, one whose does."""

    def __init__(
        self, services: Services, number: int, stop: threading.Event, stable: Sequence[str]
    ) -> None:
        super().__init__(services, number, stop)
        self._stable = stable
        self._number = number

    def run(self) -> None:
        """Ask until told to stop."""
        turn = self._number
        while not self._stop_all.is_set():
            turn += 1
            stable = self._stable[turn % len(self._stable)]
            for question in (stable, _TIMETABLE):
                self._ask(question, stable if question is stable else None)

    def _ask(self, question: str, expected: str | None) -> None:
        began = time.monotonic()
        body = json.dumps({"question": question, "top_k": 3}).encode()
        while not self._stop_all.is_set():
            answer = self._call("POST", "/v1/search", body, "application/json")
            if answer is None:
                continue
            status, content = answer
            if status in _REFUSED:
                self._failed(str(status))
            elif status != http.client.OK:
                self._failed(str(status))
                self.tally.faults.append(f"{question}: {status}")
            else:
                self.tally.well.append(time.monotonic())
                self.tally.took.append(time.monotonic() - began)
                self._judge(question, expected, json.loads(content))
                return

    def _judge(self, question: str, expected: str | None, found: dict[str, object]) -> None:
        citations, receipt = found["citations"], found["receipt"]
        assert isinstance(citations, list)
        assert isinstance(receipt, dict)
        quote = citations[0]["quote"] if citations else "nothing"
        revision = _REVISION.fullmatch(quote)
        if expected is not None:
            if quote != expected:
                self.tally.faults.append(f"{question}: {quote}")
        elif revision is None:
            self.tally.faults.append(f"{question}: {quote}")
        else:
            self.tally.said.setdefault(receipt["build"], set()).add(revision[1])


class _Writer(_Caller):
    """Replaces one document again and again; a write that was not acknowledged is tried again."""

    def __init__(self, services: Services, stop: threading.Event) -> None:
        super().__init__(services, 0, stop)
        self.acknowledged: dict[str, str] = {}
        """Build and the revision that it was acknowledged for."""

    def run(self) -> None:
        """Write until told to stop."""
        revision = 0
        while not self._stop_all.is_set():
            revision += 1
            self._write(revision)

    def _write(self, revision: int) -> None:
        text = f"This is revision {revision} of the timetable.\n".encode()
        began = time.monotonic()
        while not self._stop_all.is_set():
            answer = self._call("PUT", "/v1/documents/timetable", text, "text/plain")
            if answer is None:
                continue
            status, content = answer
            if status not in {http.client.OK, http.client.CREATED}:
                self._failed(str(status))
                if status not in {*_REFUSED, http.client.CONFLICT}:
                    self.tally.faults.append(f"writing: {status}")
                continue
            build = json.loads(content)["build"]
            self.acknowledged[build] = str(revision)
            self.tally.well.append(time.monotonic())
            self.tally.took.append(time.monotonic() - began)
            return


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done to them, the seconds nothing was read or written around it."""

    what: str
    read_gap: float
    write_gap: float


@dataclass(slots=True)
class Drill:
    """What came of it all."""

    events: list[Event]
    reads: Tally
    writes: Tally
    acknowledged: int
    faults: list[str]
    seconds: float
    load: float
    """The machine's load average before it began: what else it was busy with."""


def drill(folder: Path, clients: int, calm_seconds: float, notice_seconds: float) -> Drill:
    """Run the whole drill; `notice_seconds` is how long it takes until somebody promotes."""
    load = os.getloadavg()[0]
    source = folder / "source"
    write_leaflets(source, 500)
    stable = [sentence(number) for number in range(0, 500, 25)]
    services, stop = Services(), threading.Event()
    with ExitStack() as stack:
        servers = stack.enter_context(cluster(0, host=SERVERS[0]))
        for host in SERVERS[1:]:
            servers.add_replica(host)
        _write_to_two(servers.primary, "ANY 1 (*)")
        database = stack.enter_context(fresh_database(servers.primary))
        address = servers.dsn(database)
        running = [
            stack.enter_context(_service(folder, number, address, source))
            for number in range(len(SERVICES))
        ]
        services.urls = [one.url for one in running]
        asking = [_Client(services, number, stop, stable) for number in range(clients)]
        writer = _Writer(services, stop)
        writer.start()
        while not writer.acknowledged:  # there is a timetable to ask for
            time.sleep(0.1)
        for client in asking:
            client.start()
        began = time.monotonic()
        reads = Tally()
        restart = partial(_service, folder, 0, address)
        moments = _events(
            servers,
            running[0],
            lambda: stack.enter_context(restart()),
            calm_seconds,
            notice_seconds,
        )
        ended = time.monotonic()
        stop.set()
        for thread in (*asking, writer):
            thread.join(90)
        for client in asking:
            _add(reads, client.tally)
        faults = [*reads.faults, *writer.tally.faults]
        faults += _look(address, folder, reads.said, writer.acknowledged)
    events = [
        Event(what, reads.gap(first, last), writer.tally.gap(first, last))
        for (what, first), (_, last) in zip(moments, [*moments[1:], ("", ended)], strict=True)
    ]
    acknowledged = len(writer.acknowledged)
    return Drill(events, reads, writer.tally, acknowledged, faults, ended - began, load)


def _events(
    servers: Cluster,
    service: Served,
    restart: Callable[[], object],
    calm_seconds: float,
    notice_seconds: float,
) -> list[tuple[str, float]]:
    """Do it all, one thing after another; return what was done when."""
    moments: list[tuple[str, float]] = []

    def happens(what: str, act: Callable[[], object]) -> None:
        moments.append((what, time.monotonic()))
        act()
        time.sleep(calm_seconds)

    def heir_takes_over() -> None:
        servers.primary.kill()
        time.sleep(notice_seconds)
        heir = max(
            servers.replicas,
            key=lambda one: int(str(one.value("SELECT pg_last_wal_receive_lsn() - '0/0'::pg_lsn"))),
        )
        _write_to_two(heir, "ANY 1 (*)")
        servers.promote(heir)

    old = servers.primary
    happens("nothing: three services, a primary and two replicas", lambda: None)
    happens("a service is killed", service.process.kill)
    happens("it is started again", restart)
    happens("a replica is killed", servers.replicas[0].kill)
    happens("it is started again", servers.replicas[0].start)
    happens(
        f"the primary is killed; a replica is promoted {notice_seconds:g} s later", heir_takes_over
    )
    happens("a new replica takes the old primary's place", lambda: servers.add_replica(old.host))
    return moments


def _service(
    folder: Path, number: int, address: str, *paths: Path
) -> AbstractContextManager[Served]:
    where = ("--host", SERVICES[number], "--port", "8000")
    return serving(folder / f"home-{number}", *paths, *where, PINCITE_ENGINE=address)


def _write_to_two(server: Server, names: str) -> None:
    """Acknowledge nothing that is not on a replica as well."""
    with server.connect() as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'".encode())
        connection.execute("SELECT pg_reload_conf()")


def _look(
    address: str, folder: Path, said: dict[str, set[str]], acknowledged: dict[str, str]
) -> list[str]:
    """Compare what was answered and acknowledged with what each build holds."""
    collection = open_store(address, folder / "look").collection("default")
    kept = set(collection.builds())
    faults = [f"{build} was acknowledged and is gone" for build in acknowledged.keys() - kept]
    for build in sorted(kept & (said.keys() | acknowledged.keys())):
        texts = (text for _, text in collection.build(build).catalog().all_passages())
        holds = [match[1] for text in texts if (match := _REVISION.fullmatch(text))]
        if build in acknowledged and holds != [acknowledged[build]]:
            faults.append(f"{build} holds {holds}, {acknowledged[build]} was acknowledged")
        if build in said and said[build] != {*holds}:
            faults.append(f"{build} holds {holds}, {said[build]} was quoted from it")
    faults += [f"{build} was quoted and is not kept" for build in said.keys() - kept]
    return faults


def _add(whole: Tally, part: Tally) -> None:
    whole.well += part.well
    whole.took += part.took
    whole.not_well += part.not_well
    whole.faults += part.faults
    for build, revisions in part.said.items():
        whole.said.setdefault(build, set()).update(revisions)


def table(done: Drill, clients: int, notice_seconds: float) -> str:
    """Return what came of it in Markdown."""
    rows = [f"| {one.what} | {one.read_gap:.2f} | {one.write_gap:.1f} |" for one in done.events]
    others = ", ".join(f"{count} of {why}" for why, count in sorted(done.reads.not_well.items()))
    said = (
        f"{clients} clients, {done.seconds:.0f} s, promotion {notice_seconds:g} s after the "
        f"primary's end: {len(done.reads.well)} answers, {len(done.faults)} of them wrong; "
        f"{done.acknowledged} acknowledged writes, none of them lost, a write "
        f"{percentile(done.writes.took, 50):.1f} s in the median. Attempts that clients made "
        f"again: {others or 'none'}. An answer, all attempts together: p50 "
        f"{percentile(done.reads.took, 50):.2f} s, p99 {percentile(done.reads.took, 99):.2f} s, "
        f"slowest {max(done.reads.took, default=0.0):.1f} s. {os.cpu_count()} cores for all of "
        f"it, load average before {done.load:.1f}."
    )
    head = "| what was done | longest time without an answer, s | without a written build, s |"
    return "\n".join([head, "|---|---|---|", *rows, "", said])


@click.command()
@click.option("--clients", default=50, show_default=True, type=click.IntRange(min=1))
@click.option("--calm", default=10.0, show_default=True, help="Seconds after each event.")
@click.option("--notice", default=2.0, show_default=True, help="Seconds until a promotion.")
@click.option("--write-docs", is_flag=True, help="Write the table into docs/scaling.md.")
def command(clients: int, calm: float, notice: float, *, write_docs: bool) -> None:
    """Run the drill and say what came of it; exit status 1 where anything was wrong or lost."""
    if (reason := why_not()) is not None:
        raise click.ClickException(reason)
    with tempfile.TemporaryDirectory(prefix="pincite-failover-") as folder:
        done = drill(Path(folder), clients, calm, notice)
    for fault in sorted(set(done.faults)):
        click.echo(f"FAULT {done.faults.count(fault)} x {fault}")
    made = table(done, clients, notice)
    click.echo(made)
    if write_docs and not done.faults:
        replace_marked(DOCS, "failover", made)
    raise SystemExit(1 if done.faults else 0)


if __name__ == "__main__":
    command()
