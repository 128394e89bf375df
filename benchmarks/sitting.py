"""One system in one round: indexed anew, opened and asked in its process, then over its server."""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

from benchmarks import load
from benchmarks.documents import Question
from benchmarks.figures import Round, Sitting
from benchmarks.plan import CLIENTS, TOP, Plan, emptied
from benchmarks.preparation import index
from benchmarks.process import (
    Adapter,
    BenchmarkError,
    environment_python,
    resident_mb,
    seconds_of,
    serving,
)
from benchmarks.protocol import Answers
from benchmarks.systems import System
from evaluation.timing import percentile

Ask = Callable[[Sequence[str], int], Answers]
_WARM = 10
_FASTER, _MOST = 8, 5_000
"""How many times the questions that one client gets through many are given; at most how many."""
_PATIENCE = 3
"""How many times its seconds a sitting may take, were its clients answered one after another."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Questions in a line, and the sentences that they are about; no process is asked one twice."""

    line: Iterator[Question]
    sentences: Sequence[str]

    def take(self, count: int) -> list[Question]:
        """Return the next so many."""
        return list(islice(self.line, count))

    def texts(self, count: int) -> list[str]:
        """Return the texts of the next so many."""
        return [question.text for question in self.take(count)]

    def right(self, asked: Sequence[Question], found: Sequence[Sequence[str]]) -> float:
        """Return the share of the questions, asked in this order, whose sentence was found."""
        hits = [
            self.sentences[question.sentence] in texts
            for question, texts in zip(asked, found, strict=False)
        ]
        return sum(hits) / max(len(hits), 1)


def measure(plan: Plan, system: System, pool: Pool) -> Round:
    """Measure one system once; a server that fails takes no other figure with it."""
    store = emptied(plan.work / "scratch")
    exports = plan.store(system) / "encoders"
    if exports.is_dir():  # a model is exported once for an installation, not for an index
        shutil.copytree(exports, store / "encoders")
    rate = plan.index_sentences / index(plan, system, plan.index_sentences, store, None)
    shutil.rmtree(store)
    encode_ms, in_process = _in_process(plan, system, pool)
    server, fault = None, ""
    try:
        server = _over_server(plan, system, pool)
    except BenchmarkError as error:
        fault = str(error)
    return Round(
        index_per_second=rate,
        encode_ms=encode_ms,
        load_seconds=_load_seconds(plan, system) if system.name == "floor" else None,
        in_process=in_process,
        server=server,
        disk_mb=_disk_mb(plan.store(system)),
        fault=fault,
    )


def _disk_mb(store: Path) -> float:
    """Return what an index takes; a model exported beside it belongs to an installation."""
    files = [path for path in store.rglob("*") if path.is_file()]
    return sum(
        path.stat().st_size for path in files if path.relative_to(store).parts[0] != "encoders"
    ) / (1024 * 1024)


def _load_seconds(plan: Plan, system: System) -> float:
    """Time a process that imports sentence-transformers, loads the model, and ends."""
    python = environment_python(plan.peers, system)
    code = "import sys, sentence_transformers as s; s.SentenceTransformer(sys.argv[1])"
    with plan.log.open("ab") as log:
        return seconds_of((python, "-c", code, plan.model), system.variables(python.parent), log)


def _in_process(plan: Plan, system: System, pool: Pool) -> tuple[float, Sitting]:
    python = environment_python(plan.peers, system)
    with (
        plan.log.open("ab") as log,
        Adapter(system, python, plan.model, plan.store(system), log) as adapter,
    ):
        adapter.do("open", server=None)
        ask = _through(adapter, plan)
        ask(pool.texts(1), 1)
        ready = time.perf_counter() - adapter.started
        adapter.do("encode", questions=pool.texts(_WARM))
        encoded = adapter.do("encode", questions=pool.texts(plan.questions))["milliseconds"]
        sitting = sit(plan, pool, ready, adapter.process.pid, ask)
    return percentile(cast("list[float]", encoded), 50), sitting


def _over_server(plan: Plan, system: System, pool: Pool) -> Sitting | None:
    server = system.server
    if server is None:
        return None
    python = environment_python(plan.peers, system)
    store = plan.store(system)
    with (
        plan.log.open("ab") as log,
        serving(system, server, python.parent, store, log) as (process, port, ready),
    ):
        if server.path:
            return sit(
                plan,
                pool,
                ready,
                process.pid,
                lambda texts, clients: load.ask(port, server, texts, clients, plan.seconds),
            )
        with Adapter(system, python, plan.model, store, log) as adapter:
            adapter.do("open", server=f"http://127.0.0.1:{port}")
            return sit(plan, pool, ready, process.pid, _through(adapter, plan))


def _through(adapter: Adapter, plan: Plan) -> Ask:
    def ask(texts: Sequence[str], clients: int) -> Answers:
        reply = adapter.do(
            "query", questions=list(texts), clients=clients, top=TOP, budget=plan.seconds
        )
        return cast("Answers", reply)

    return ask


def sit(plan: Plan, pool: Pool, ready: float, pid: int, ask: Ask) -> Sitting:
    """Ask with one client, then with more, all at work until the seconds are over.

    A system that breaks under many clients keeps what it did alone, and the fault is told.
    """
    ask(pool.texts(_WARM), 1)
    asked = pool.take(plan.questions)
    alone = ask([question.text for question in asked], 1)
    memory = resident_mb(pid)
    everyone = {1: alone}
    faults = list(alone["faults"])
    try:
        for clients in CLIENTS[1:]:
            if clients * alone["seconds"] / max(len(alone["found"]), 1) > _PATIENCE * plan.seconds:
                faults.append(f"too slow alone to be asked by {clients} clients at once")
                break
            answers = ask(pool.texts(_enough(plan, clients, alone)), clients)
            memory = resident_mb(pid)
            everyone[clients] = answers
            faults += answers["faults"]
    except BenchmarkError as error:
        faults.insert(0, str(error))  # the gravest first
    times = alone["milliseconds"]
    if not times:
        raise BenchmarkError(f"no question was answered: {faults[:1]}")
    return Sitting(
        ready_seconds=ready,
        resident_mb=memory,
        p50=percentile(times, 50),
        p95=percentile(times, 95),
        rates={
            str(clients): len(answers["milliseconds"]) / answers["seconds"]
            for clients, answers in everyone.items()
        },
        right=pool.right(asked, alone["found"]),
        context=alone["context"],
        faults=len(faults),
        first_fault=faults[0] if faults else "",
    )


def _enough(plan: Plan, clients: int, alone: Answers) -> int:
    """Return more questions than so many clients get through."""
    more = _FASTER * plan.seconds * len(alone["milliseconds"]) / alone["seconds"]
    return min(max(plan.questions, 5 * clients, round(more)), _MOST)
