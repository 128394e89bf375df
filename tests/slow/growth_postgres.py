"""Both engines over the same passages, from 10,000 to 1,000,000: `make growth-postgres FOLDER=…`.

Builds are made once, each by a process of its own (tests.slow.both_engines), and kept; measuring
them takes a few minutes, and may be repeated when the machine is quiet. Each question is asked of
one engine and then of the other, in turn, in this process, without a reranker. Recall is of the ten
nearest vectors, against the database's own comparison with every one of them. One, two and three
services are then asked over HTTP. docs/scaling.json keeps results size by size, so that sizes may
be measured on different evenings; tests.slow.growth_postgres_report makes the table and the plot.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from evaluation.timing import percentile
from index.retriever import Retriever
from tests.servers import Server, why_not
from tests.slow import server_costs
from tests.slow.both_engines import ENGINES, BothEngines
from tests.slow.clustered import ClusteredEncoder
from tests.slow.growth_postgres_report import write
from tests.slow.throughput import asked_by_many
from tests.slow.zipfian import Zipfian

_QUESTIONS = 100
_AT = 10
_SERVICES = (1, 2, 3)
_ENCODER = "tests.slow.clustered:open_clustered"


def _questions(passages: int) -> tuple[list[str], list[str]]:
    """Return questions to measure with, and as many others to warm up with."""
    texts = Zipfian()
    numbers = np.linspace(0, passages - 1, 2 * _QUESTIONS, dtype=np.int64).tolist()
    asked = [texts.question(number) for number in numbers]
    return asked[::2], asked[1::2]


def _write_truth(both: BothEngines, *_: object) -> None:
    """Keep the ten nearest rows of each question, by comparing it with every row."""
    encoder = ClusteredEncoder()
    questions, _warm = _questions(both.passages)
    nearest = []
    with both.opened() as (_sides, server), server.connect("growth") as connection:
        row = connection.execute(
            "SELECT schemaname FROM pg_tables WHERE tablename = 'contextual'"
        ).fetchone()
        assert row is not None
        connection.execute("SET enable_indexscan = off")
        sql = f"SELECT row FROM {row[0]}.contextual ORDER BY vector <#> %s::halfvec LIMIT {_AT}"
        for question in questions:
            query = encoder.encode_questions([question])[0]
            literal = "[" + ",".join(map(str, query.tolist())) + "]"
            found = connection.execute(sql.encode(), [literal]).fetchall()
            nearest.append([one for (one,) in found])
    both.note("truth", {"rows": nearest})


def _measure_times(both: BothEngines, *_: object) -> None:
    """Ask each question of each side, in turn; keep times and recall."""
    questions, warm = _questions(both.passages)
    truth = both.results()["truth"]["rows"]
    load = os.getloadavg()[0]
    with both.opened() as (sides, server):
        opened = {side.name: side.retriever() for side in sides}
        for question in warm:  # what comes first reads from disk
            for retriever in opened.values():
                retriever.search(question, _AT, "hybrid")
        times = _asked(opened, questions, server)
        for name, retriever in opened.items():
            times[name]["recall@10"] = _recalled(retriever, questions, truth)
    both.note("times", {"load_average_before": load, **times})


def _asked(
    opened: dict[str, Retriever], questions: Sequence[str], server: Server
) -> dict[str, dict[str, float]]:
    """Return milliseconds, by the clock and of processors: this process's, and the database's."""
    took: dict[str, list[float]] = {name: [] for name in opened}
    spent = dict.fromkeys(took, 0.0)
    database = server_costs.processor(server)
    for at, question in enumerate(questions):
        for name in opened if at % 2 else reversed(opened):
            began, processor = time.perf_counter(), time.process_time()
            opened[name].search(question, _AT, "hybrid")
            took[name].append(1000 * (time.perf_counter() - began))
            spent[name] += 1000 * (time.process_time() - processor)
    database = server_costs.processor(server) - database
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
    retriever: Retriever, questions: Sequence[str], truth: Sequence[Sequence[int]]
) -> float:
    """Return which share of the ten nearest is among the ten nearest candidates."""
    encoder = ClusteredEncoder()
    shares = []
    for question, nearest in zip(questions, truth, strict=True):
        query = encoder.encode_questions([question])[0]
        found = retriever._opened.candidates(question, query.copy, _AT, "dense", None)
        shares.append(len({*nearest} & {*found.rows.tolist()}) / len(nearest))
    return float(np.mean(shares))


def _measure_throughput(both: BothEngines, seconds: float) -> None:
    """Ask one, two and three services of each side, by many clients."""
    questions, warm = _questions(both.passages)
    served: dict[str, Any] = {"load_average_before": os.getloadavg()[0]}
    with both.opened() as (sides, server):
        for side, memory in zip(
            sides, (lambda: 0.0, lambda: server_costs.memory(server)), strict=True
        ):
            served[side.name] = [
                asked_by_many(
                    side.homes(count),
                    [*warm, *questions],
                    seconds,
                    memory,
                    PINCITE_ENGINE=side.address,
                    PINCITE_ENCODER=_ENCODER,
                )
                for count in _SERVICES
            ]
    both.note("throughput", served)


_STAGES: dict[str, Callable[[BothEngines, float], None]] = {
    "embedded": lambda both, _: both.build("embedded"),
    "postgresql": lambda both, _: both.build("postgresql"),
    "truth": _write_truth,
    "times": _measure_times,
    "throughput": _measure_throughput,
}
_ONCE = (*ENGINES, "truth")


@click.command()
@click.argument("sizes", nargs=-1, type=click.IntRange(min=1_000))
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Room for builds.")
@click.option(
    "--only", type=click.Choice([*_STAGES, "report"]), help="Do only this stage, here and now."
)
@click.option("--seconds", default=10.0, show_default=True, help="Asking, for each throughput.")
@click.option("--write-docs", is_flag=True, help="Write docs/scaling.json, its plot, the table.")
def command(
    sizes: Sequence[int], folder: Path, only: str | None, seconds: float, *, write_docs: bool
) -> None:
    """Build SIZES where they are not built yet, and measure them."""
    if (reason := why_not()) is not None:
        raise click.ClickException(reason)
    wanted = sizes or (10_000, 100_000, 1_000_000)
    for passages in wanted:
        both = BothEngines(folder, passages)
        if only is not None:
            if only != "report":
                _STAGES[only](both, seconds)
            continue
        for stage in _STAGES:
            if stage in _ONCE and both.is_done(stage):
                continue
            click.echo(f"{passages}: {stage}", err=True)
            arguments = ["--folder", str(folder), "--only", stage, "--seconds", str(seconds)]
            subprocess.run(
                [sys.executable, "-m", "tests.slow.growth_postgres", str(passages), *arguments],
                check=True,
            )
    if only in {None, "report"}:
        results = [BothEngines(folder, passages).results() for passages in wanted]
        click.echo(write(dict(zip(wanted, results, strict=True)), into_docs=write_docs))


if __name__ == "__main__":
    command()
