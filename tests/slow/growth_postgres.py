"""Both engines over the same passages, from 10,000 to 1,000,000: `make growth-postgres`.

Text is made of words that are as unequally common as a language's (Zipf); vectors are clustered
(tests.slow.clustered), and cost next to nothing, so that what is timed is the engines' own. Each
question is asked of one engine and then of the other, in turn, in this process, without a reranker.
Recall is of the ten nearest vectors, against the database's own comparison with every one of them.
At the largest size one, two and three services are then asked over HTTP. Results are kept in
docs/scaling.json, size by size, so that sizes may be measured on different evenings; the table and
the plot of docs/scaling.md are made of all of them.
"""

import http.client
import json
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import numpy as np

from corpus.documents import Document
from corpus.reading import document_from_bytes
from corpus.reading_process import memory_of
from evaluation.served import processor_seconds
from evaluation.timing import percentile
from index.encoders.protocol import Vectors
from index.retriever import Retriever
from index.stores import engine_name, open_store
from index.update import Makers, index_documents
from tests.processes import serving
from tests.servers import Server, cluster, fresh_database, why_not
from tests.slow.clustered import ClusteredEncoder
from tests.slow.marked import replace_marked

_DOCS = Path(__file__).parents[2] / "docs"
RESULTS = _DOCS / "scaling.json"
PLOT = _DOCS / "scaling.svg"
_WORDS = 60_000
_PER_PARAGRAPH = 5
_PER_DOCUMENT = 50
_QUESTIONS = 100
_TRUTHS = 30
_CLIENTS = 16
_SERVER = {
    "shared_buffers": "2GB",
    "max_wal_size": "6GB",
    "effective_cache_size": "8GB",
    "autovacuum": "off",
}
_SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in "aeiou"]
ENCODER = "tests.slow.clustered:open_clustered"


class _Texts:
    """Sentences by number, of made words; the same number, the same sentence."""

    def __init__(self) -> None:
        chance = random.Random(1)  # noqa: S311 - the same every time, on purpose
        words: dict[str, None] = {}
        while len(words) < _WORDS:
            words["".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 3, 3, 4))))] = None
        self._words = list(words)
        self._weights = list(accumulate(1 / (rank + 1) for rank in range(_WORDS)))

    def sentence(self, number: int) -> str:
        """Return a sentence of 10 to 25 words that no other number has."""
        chance = random.Random(number)  # noqa: S311 - see above
        words = chance.choices(self._words, cum_weights=self._weights, k=chance.randint(9, 24))
        return f"{' '.join(words).capitalize()} visit{number}."

    def question(self, number: int) -> str:
        """Return a question that has all the words of a sentence but its number."""
        return self.sentence(number).rpartition(" ")[0] + "?"

    def documents(self, sentences: int) -> Iterator[Document]:
        """Give documents of 50 sentences each, in paragraphs of five."""
        for first in range(0, sentences, _PER_DOCUMENT):
            paragraphs = [
                " ".join(self.sentence(at + one) for one in range(_PER_PARAGRAPH))
                for at in range(first, first + _PER_DOCUMENT, _PER_PARAGRAPH)
            ]
            text = "\n\n".join([f"Leaflet {first}", *paragraphs]) + "\n"
            yield document_from_bytes(text.encode(), f"{first:08}.txt", "text/plain")


class _Timed(ClusteredEncoder):
    """Counts what encoding costs, which no engine is to be blamed for."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode, with a clock running."""
        began = time.perf_counter()
        vectors = super().encode_passages(passages)
        self.seconds += time.perf_counter() - began
        return vectors


@dataclass(frozen=True, slots=True)
class _Side:
    """One engine with a build in it."""

    name: str
    address: str
    home: Path
    retriever: Retriever
    seconds: float
    disk: int


def _built(name: str, address: str, home: Path, documents: Sequence[Document]) -> _Side:
    encoder = _Timed()
    store = open_store(address, home)
    makers = Makers(
        encoder=lambda: encoder,
        engine=engine_name(address),
        clock=lambda: datetime.now(UTC),
        progress=lambda *_: None,
    )
    began = time.perf_counter()
    index_documents(store.collection("default"), documents, makers)
    seconds = time.perf_counter() - began - encoder.seconds
    kept = store.collection("default").published()
    retriever = Retriever(kept, ClusteredEncoder())
    return _Side(name, address, home, retriever, seconds, kept.size_bytes())


def _asked(
    sides: Sequence[_Side], questions: Sequence[str], server: Server
) -> dict[str, dict[str, float]]:
    """Ask each question of each side, in turn; return milliseconds, by the clock and of processors.

    Processor time is this process's, encoding with it, and the database's.
    """
    took: dict[str, list[float]] = {side.name: [] for side in sides}
    spent = dict.fromkeys(took, 0.0)
    for question in questions[: len(questions) // 5]:  # what comes first reads from disk
        for side in sides:
            side.retriever.search(question, 10, "hybrid")
    database = _processor_of_all(server)
    for at, question in enumerate(questions):
        for side in sides if at % 2 else [*reversed(sides)]:
            began, processor = time.perf_counter(), time.process_time()
            side.retriever.search(question, 10, "hybrid")
            took[side.name].append(1000 * (time.perf_counter() - began))
            spent[side.name] += 1000 * (time.process_time() - processor)
    database = _processor_of_all(server) - database
    of_database = {"postgresql": 1000 * database / len(questions)}
    return {
        name: {
            "p50_ms": percentile(times, 50),
            "p95_ms": percentile(times, 95),
            "processor_ms": spent[name] / len(questions),
            "database_processor_ms": of_database.get(name, 0.0),
        }
        for name, times in took.items()
    }


def _recalled(
    sides: Sequence[_Side], questions: Sequence[str], server: Server, database: str
) -> dict[str, float]:
    """Return which share of the ten nearest each side finds; by the database's full comparison."""
    encoder = ClusteredEncoder()
    found: dict[str, list[float]] = {side.name: [] for side in sides}
    with server.connect(database) as connection:
        row = connection.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'contextual'"
        ).fetchone()
        assert row is not None
        connection.execute("SET enable_indexscan = off")
        for question in questions:
            query = encoder.encode_questions([question])[0]
            literal = "[" + ",".join(map(str, query.tolist())) + "]"
            sql = f"SELECT row FROM {row[0]}.contextual ORDER BY vector <#> %s::halfvec LIMIT 10"
            nearest = {one for (one,) in connection.execute(sql.encode(), [literal]).fetchall()}
            for side in sides:
                opened = side.retriever._opened
                rows = opened.candidates(question, query.copy, 10, "dense", None).rows
                found[side.name].append(len(nearest & {*rows.tolist()}) / len(nearest))
    return {name: float(np.mean(shares)) for name, shares in found.items()}


def _served(
    side: _Side, services: int, questions: Sequence[str], seconds: float, server: Server | None
) -> dict[str, float]:
    """Ask so many services with 16 clients; return answers a second, and memory in bytes."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                serving(
                    side.home if number == 0 else side.home.with_name(f"home-{number}"),
                    PINCITE_ENGINE=side.address,
                    PINCITE_ENCODER=ENCODER,
                )
            )
            for number in range(services)
        ]
        stop, times = threading.Event(), [list[float]() for _ in range(_CLIENTS)]
        threads = [
            threading.Thread(
                target=_keep_asking,
                args=(running[number % services].url, questions, number, stop, times[number]),
            )
            for number in range(_CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        memory = sum(memory_of(one.process.pid, "VmRSS") for one in running) / services
        stop.set()
        for thread in threads:
            thread.join(60)
        whole = [one for each in times for one in each]
        return {
            "services": services,
            "answers_a_second": len(whole) / seconds,
            "p50_ms": percentile(whole, 50),
            "p95_ms": percentile(whole, 95),
            "service_bytes": memory,
            "database_bytes": _memory_of_all(server) if server else 0,
        }


def _keep_asking(
    url: str, questions: Sequence[str], number: int, stop: threading.Event, times: list[float]
) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(
        str(address.hostname), int(address.port or 0), timeout=60
    )
    at = number
    while not stop.is_set():
        at += 1
        body = json.dumps({"question": questions[at % len(questions)], "top_k": 5})
        began = time.perf_counter()
        connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status == http.client.OK:
            times.append(1000 * (time.perf_counter() - began))
        else:
            time.sleep(0.05)


def _processes(server: Server) -> list[int]:
    """Return the numbers of all of a server's processes."""
    assert server.process is not None
    number = server.process.pid
    children = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii").split()
    return [number, *map(int, children)]


def _memory_of_all(server: Server) -> float:
    """Return the memory of all of a server's processes, what they share counted once (PSS)."""
    kilobytes = 0
    for process in _processes(server):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return 1024.0 * kilobytes


def _processor_of_all(server: Server) -> float:
    """Return the seconds of a processor that all of a server's processes have had."""
    return sum(processor_seconds(process) for process in _processes(server))


def measure(passages: int, seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Build both sides with so many passages, ask them, and return what was measured."""
    load = os.getloadavg()[0]
    texts = _Texts()
    documents = list(texts.documents(passages))
    step = max(1, passages // _QUESTIONS)
    questions = [texts.question(number) for number in range(0, passages, step)][:_QUESTIONS]
    settings = _SERVER if passages > 100_000 else {**_SERVER, "shared_buffers": "512MB"}
    with (
        tempfile.TemporaryDirectory(prefix="pincite-growth-") as folder,
        cluster(0, settings=settings) as servers,
        fresh_database(servers.primary) as database,
    ):
        address = servers.primary.dsn(database)
        sides = []
        for name, where in (("embedded", "faiss:auto"), ("postgresql", address)):
            sides.append(_built(name, where, Path(folder) / name, documents))
            say(f"{passages}: {name} built in {sides[-1].seconds:.0f} s")
        del documents
        times = _asked(sides, questions, servers.primary)
        recall = _recalled(sides, questions[:_TRUTHS], servers.primary, database)
        say(f"{passages}: {times} {recall}")
        result: dict[str, Any] = {"passages": passages, "load_average_before": load}
        for side in sides:
            server = servers.primary if side.name == "postgresql" else None
            counts = (1, 2, 3) if server else (1,)
            served = [_served(side, count, questions, seconds, server) for count in counts]
            result[side.name] = {
                **times[side.name],
                "recall@10": recall[side.name],
                "build_seconds": side.seconds,
                "disk_bytes": side.disk,
                "served": served,
            }
        return result


def table(results: Sequence[dict[str, Any]]) -> str:
    """Return what was measured in Markdown."""
    heads = (
        *("passages", "engine", "p50, ms", "p95, ms", "ms of a processor: here + the database"),
        *("recall@10", "build, s", "disk, MB"),
        "memory, MB: a service + the database",
        "answers a second with 1, 2, 3 services",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for result in results:
        for name in ("embedded", "postgresql"):
            one = result[name]
            memory = f"{one['served'][0]['service_bytes'] / 1e6:.0f}"
            if name == "postgresql":
                memory += f" + {one['served'][0]['database_bytes'] / 1e6:.0f}"
            spent = f"{one['processor_ms']:.1f}"
            if name == "postgresql":
                spent += f" + {one['database_processor_ms']:.1f}"
            speeds = ", ".join(f"{each['answers_a_second']:.0f}" for each in one["served"])
            lines.append(
                f"| {result['passages']:,} | {name} | {one['p50_ms']:.1f} | {one['p95_ms']:.1f} | "
                f"{spent} | {one['recall@10']:.3f} | {one['build_seconds']:.0f} | "
                f"{one['disk_bytes'] / 1e6:.0f} | {memory} | {speeds} |"
            )
    loads = ", ".join(f"{one['load_average_before']:.1f}" for one in results)
    lines += ["", f"{os.cpu_count()} cores for all of it; load average before: {loads}."]
    lines += ["", "![p50 and p95 of an answer by passages](scaling.svg)"]
    return "\n".join(lines)


def plot(results: Sequence[dict[str, Any]]) -> None:
    """Draw the times of an answer by size."""
    import matplotlib as mpl  # noqa: PLC0415 - an extra

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "pincite"
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    sizes = [result["passages"] for result in results]
    for name, colour in (("embedded", "tab:blue"), ("postgresql", "tab:orange")):
        for key, style in (("p50_ms", "-"), ("p95_ms", "--")):
            values = [result[name][key] for result in results]
            axes.plot(sizes, values, style, marker="o", color=colour, label=f"{name}, {key[:3]}")
    axes.set(xscale="log", yscale="log", xlabel="passages", ylabel="ms of an answer, one client")
    axes.legend()
    figure.savefig(PLOT, metadata={"Date": None})


@click.command()
@click.option("--sizes", default="10000,100000", show_default=True, help="Passages, with commas.")
@click.option("--seconds", default=10.0, show_default=True, help="Asking, for each throughput.")
@click.option("--write-docs", is_flag=True, help="Write docs/scaling.json, its plot, the table.")
def command(sizes: str, seconds: float, *, write_docs: bool) -> None:
    """Measure sizes, one after another, and say what came of it."""
    if (reason := why_not()) is not None:
        raise click.ClickException(reason)
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
    by_size = {one["passages"]: one for one in known}
    for size in map(int, sizes.split(",")):
        by_size[size] = measure(size, seconds, click.echo)
        results = [by_size[one] for one in sorted(by_size)]
        if write_docs:
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            plot(results)
            replace_marked(_DOCS / "scaling.md", "growth", table(results))
    click.echo(table([by_size[one] for one in sorted(by_size)]))


if __name__ == "__main__":
    command()
