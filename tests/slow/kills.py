"""Killing writers at random moments while a client asks without pause: `make crash`.

Writers are the real command, forked from a process that has imported everything, so that the
moments fall into the work and not into Python's start. One real `pincite serve` answers all along.
Each answer is compared with what the build that its receipt names holds; after each kill the
published build is opened and every file of it checked, and the doctor looks at all that is kept.
"""

import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click

from index.catalog import Catalog
from index.collection import Collection, Folders
from index.doctor import examine
from index.encoders.hashing import HashingEncoder
from index.errors import CollectionError
from tests.building import opened, write
from tests.processes import environment, run, serving
from tests.slow.leaflets import write_leaflets

STABLE = "These spasms usually last 60 to 90 seconds."
_QUESTIONS = ("how long do these spasms last", "which revision of the timetable is this")
_REVISION = re.compile(r"This is revision (\d+) of the timetable\.")
_ZYGOTE = """
import json, os, sys
from service.cli import main
import tantivy, faiss, index.update, index.collection
print("ready", flush=True)
for line in iter(sys.stdin.readline, ''):
    child = os.fork()
    if not child:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        sys.argv = ["pincite", *json.loads(line)]
        try:
            main()
        except SystemExit as end:
            os._exit(end.code or 0)
        os._exit(0)
    print(child, flush=True)
    sys.stdin.readline()  # until then the child's number is nobody else's
    print(os.waitpid(child, 0)[1], flush=True)
"""


@dataclass(slots=True)
class Run:
    """What came of a run: kills by what was killed, answers given, and every fault seen."""

    killed: Counter[str] = field(default_factory=Counter)
    finished: Counter[str] = field(default_factory=Counter)
    answers: int = 0
    faults: list[str] = field(default_factory=list)


class _Client(threading.Thread):
    """Asks without pause; notes what each build answered, and every answer that is none."""

    def __init__(self, url: str) -> None:
        super().__init__(name="client", daemon=True)
        address = urlsplit(url)
        self._host, self._port = str(address.hostname), int(address.port or 0)
        self.stop = threading.Event()
        self.answers = 0
        self.faults: list[str] = []
        self.said: dict[str, set[str]] = {}  # build -> revisions that were quoted from it

    def run(self) -> None:
        """Ask until told to stop."""
        with closing(http.client.HTTPConnection(self._host, self._port, timeout=60)) as connection:
            self._ask_all(connection)

    def _ask_all(self, connection: http.client.HTTPConnection) -> None:
        while not self.stop.is_set():
            for question in _QUESTIONS:
                try:
                    self._ask(connection, question)
                except (OSError, http.client.HTTPException, ValueError, LookupError) as error:
                    self.faults.append(f"{question}: {error!r}")
                    connection.close()

    def _ask(self, connection: http.client.HTTPConnection, question: str) -> None:
        body = json.dumps({"question": question, "top_k": 3})
        connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        found = json.loads(response.read())
        self.answers += 1
        if response.status != http.client.OK:
            self.faults.append(f"{question}: {response.status} {found}")
            return
        quote = found["citations"][0]["quote"]
        if question == _QUESTIONS[0]:
            if quote != STABLE:
                self.faults.append(f"{question}: {quote}")
            return
        revision = _REVISION.fullmatch(quote)
        if revision is None:
            self.faults.append(f"{question}: {quote}")
        else:
            self.said.setdefault(found["receipt"]["build"], set()).add(revision[1])


class _Writers:
    """Runs the command in forked processes, and kills them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        assert process.stdin is not None
        self._said, self._told = process.stdout, process.stdin
        assert self._said.readline() == "ready\n"

    def run(self, arguments: Sequence[str], kill_after: float | None) -> tuple[bool, float]:
        """Run to the end, or to the kill; return whether it was killed, and the seconds."""
        began = time.perf_counter()
        self._told.write(json.dumps(list(arguments)) + "\n")
        self._told.flush()
        child = int(self._said.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        self._told.write("\n")
        self._told.flush()
        status = int(self._said.readline())
        return os.WIFSIGNALED(status), time.perf_counter() - began


@contextmanager
def _writers(home: Path) -> Iterator[_Writers]:
    with subprocess.Popen(
        [sys.executable, "-c", _ZYGOTE],
        env=environment(home, OPENBLAS_NUM_THREADS="1"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield _Writers(process)
        assert process.stdin is not None
        process.stdin.close()


def kill_at_random(folder: Path, kills: int, seed: int, leaflets: int = 1_000) -> Run:
    """Kill writers so many times in `folder`, which is empty; return what came of it."""
    chance = random.Random(seed)  # noqa: S311 - the same run again, on purpose
    home, source = folder / "home", folder / "source"
    write_leaflets(source, leaflets)
    write(
        source,
        {"spasms.txt": f"{STABLE}\n", "timetable.txt": "This is revision 0 of the timetable.\n"},
    )
    done = Run()
    collection = Collection(home, "default")
    holds: dict[str, str] = {}
    with serving(home, source) as served, _writers(home) as writers:
        client = _Client(served.url)
        client.start()
        seconds: dict[str, float] = {}
        revision = 0
        while sum(done.killed.values()) < kills:
            what = chance.choice(("index", "index", "activate", "prune", "erase"))
            if what == "index":
                revision += 1
                _change(source, revision, chance)
            arguments = _arguments(what, collection, source, chance)
            if arguments is None:
                continue
            arguments += ["--home", str(home)]
            # The first of each kind runs to its end, and says how long one takes.
            moment = chance.uniform(0, seconds[what]) if what in seconds else None
            killed, took = writers.run(arguments, moment)
            (done.killed if killed else done.finished)[what] += 1
            if not killed:
                seconds[what] = took
            done.faults += _look(collection, holds, home)
        client.stop.set()
        client.join()
        done.answers, said = client.answers, client.said
        done.faults += client.faults
        done.faults += [
            f"{build} holds revision {holds.get(build)}, and {revisions} was quoted from it"
            for build, revisions in said.items()
            if revisions != {holds.get(build)}
        ]
    ended = run(home, "index", source)
    current = str(collection.current())
    done.faults += [] if ended.returncode == 0 else [f"the next index: {ended.stderr}"]
    done.faults += _look(collection, holds, home)
    if holds.get(current) != str(revision):
        done.faults.append(f"the last revision is {revision}, {holds.get(current)} is indexed")
    return done


def _change(source: Path, revision: int, chance: random.Random) -> None:
    write(source, {"timetable.txt": f"This is revision {revision} of the timetable.\n"})
    number = chance.randrange(10)
    if chance.random() < 0.5:
        write(source, {f"extra-{number}.txt": f"Extra leaflet {number} for round {revision}.\n"})
    else:
        (source / f"extra-{number}.txt").unlink(missing_ok=True)


def _arguments(
    what: str, collection: Collection, source: Path, chance: random.Random
) -> list[str] | None:
    if what == "index":
        return ["index", str(source)]
    if what == "prune":
        return ["builds", "prune", "--keep", str(chance.choice((1, 2, 4)))]
    if what == "activate":
        return ["builds", "activate", chance.choice(collection.builds())]
    extra = [
        card.document_id
        for card in Catalog(collection.published().layout.catalog).documents()
        if card.uri.startswith("extra-")
    ]
    if not extra:
        return None
    return ["documents", "remove", "--erase", chance.choice(extra)]


def _look(collection: Collection, holds: dict[str, str], home: Path) -> list[str]:
    """Look at all that is kept; note which revision each build holds."""
    faults: list[str] = []
    for build in collection.builds():
        if build not in holds:
            texts = (text for _, text in Catalog(collection.layout(build).catalog).all_passages())
            found = [match[1] for text in texts if (match := _REVISION.fullmatch(text))]
            holds[build] = ",".join(found)
    try:
        opened(collection)
    except CollectionError as error:
        faults.append(str(error))
    faults += [
        f"{one.what}: {one.detail}"
        for one in examine(Folders(home), HashingEncoder)
        if not one.sound
    ]
    return faults


@click.command()
@click.option("--kills", default=200, show_default=True, type=click.IntRange(min=1))
@click.option("--seed", default=1, show_default=True)
def command(kills: int, seed: int) -> None:
    """Kill, and say what came of it; exit status 1 where anything did."""
    with tempfile.TemporaryDirectory(prefix="pincite-crash-") as folder:
        done = kill_at_random(Path(folder), kills, seed)
    for fault in done.faults:
        click.echo(f"FAULT {fault}")
    click.echo(
        f"{sum(done.killed.values())} kills {dict(done.killed)}, "
        f"{sum(done.finished.values())} that ended first {dict(done.finished)}, "
        f"{done.answers} answers, {len(done.faults)} faults (seed {seed})"
    )
    sys.exit(1 if done.faults else 0)


if __name__ == "__main__":
    command()
