"""The runner with two tiny systems, each a real process that speaks the adapters' protocol."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest

from benchmarks import documents
from benchmarks.figures import Run
from benchmarks.plan import Plan
from benchmarks.preparation import prepare
from benchmarks.process import Adapter, BenchmarkError, resident_mb
from benchmarks.protocol import Answers
from benchmarks.run import run
from benchmarks.sitting import Pool, sit
from benchmarks.systems import HYBRID_WITH_CONTEXT, Server, System
from tests.benchmarks.word_overlap import SLOW_SECONDS

_FAST = System("fast", "Fast", "tests.benchmarks.word_overlap", HYBRID_WITH_CONTEXT)
_SLOW = replace(_FAST, name="slow", title="Slow", module="tests.benchmarks.word_overlap_slowly")
_BROKEN = replace(_FAST, name="broken", title="Broken", module="tests.benchmarks.not_there")


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Environments of the tiny systems are this one, by a link each."""
    for system in (_FAST, _SLOW, _BROKEN):
        (tmp_path / "peers" / system.name).mkdir(parents=True)
        (tmp_path / "peers" / system.name / "bin").symlink_to(Path(sys.executable).parent)
    made = Plan(
        peers=tmp_path / "peers",
        work=tmp_path / "work",
        model="a-model",
        sentences=400,
        index_sentences=50,
        rounds=2,
        questions=8,
        seconds=1.0,
    )
    texts = made.texts(400)
    documents.write(texts, documents.sentences(400))
    (texts / "vectors.npy").write_text("vectors", encoding="utf-8")
    return made


def test_two_systems_are_measured_in_turn(plan: Plan) -> None:
    """Two rounds of each: right answers with context, times as long as they are, memory, rates."""
    done = run(plan, (_FAST, _SLOW), "a command")
    fast, slow = done.systems["fast"], done.systems["slow"]
    assert [len(one.rounds) for one in (fast, slow)] == [2, 2]
    assert set(fast.versions) == {"python", "numpy"}
    for ours, theirs in zip(fast.rounds, slow.rounds, strict=True):
        assert ours.in_process is not None
        assert theirs.in_process is not None
        assert ours.in_process.right > 0.9
        assert ours.in_process.context == 1.0
        assert theirs.in_process.p50 >= 1000 * SLOW_SECONDS > ours.in_process.p50
        assert theirs.in_process.p95 >= theirs.in_process.p50
        assert theirs.encode_ms is not None
        assert theirs.encode_ms >= 1000 * SLOW_SECONDS
        rates = theirs.in_process.rates
        assert rates["1"] <= 1 / SLOW_SECONDS < rates["8"] <= 8 / SLOW_SECONDS
        assert ours.in_process.resident_mb > 5
        assert ours.server is None
        assert ours.index_per_second is not None


def test_a_system_that_fails_says_so_and_stops_nobody(plan: Plan) -> None:
    """Its rounds hold the fault; the other has its figures."""
    absent = replace(_FAST, name="absent", title="Absent")
    done = run(replace(plan, rounds=1), (_BROKEN, absent, _FAST), "a command")
    (broken,) = done.systems["broken"].rounds
    assert broken.fault == "broken: the adapter ended at 'index', status 1"
    assert broken.in_process is None
    assert done.systems["absent"].rounds[0].fault.endswith("make peers")
    assert done.systems["fast"].rounds[0].in_process is not None


def test_one_that_breaks_under_many_clients_keeps_what_it_did_alone(plan: Plan) -> None:
    """The rate of many is missing, and the fault says at which command it ended."""
    fragile = replace(_FAST, name="slow", module="tests.benchmarks.word_overlap_fragile")
    (one,) = run(replace(plan, rounds=1), (fragile,), "a command").systems["slow"].rounds
    assert one.in_process is not None
    assert one.in_process.p50 > 0
    assert set(one.in_process.rates) == {"1"}
    assert one.in_process.first_fault == "slow: the adapter ended at 'query', status 7"


def test_one_whose_server_fails_keeps_what_it_did_in_its_process(plan: Plan) -> None:
    """The round has both the figures and the fault."""
    server = Server(("{bin}/python", "-c", "raise SystemExit(3)"), ready="/")
    systems = (replace(_FAST, server=server),)
    (one,) = run(replace(plan, rounds=1), systems, "a command").systems["fast"].rounds
    assert one.in_process is not None
    assert one.server is None
    assert one.fault == "the server ended with status 3"


def test_an_index_is_weighed_without_the_models_beside_it(plan: Plan) -> None:
    """An exported model belongs to an installation."""
    prepare(plan, (_FAST,), lambda _: None)
    held = sum(one.stat().st_size for one in plan.store(_FAST).iterdir())
    (plan.store(_FAST) / "encoders").mkdir()
    (plan.store(_FAST) / "encoders" / "model").write_bytes(bytes(1024 * 1024))
    (one,) = run(replace(plan, rounds=1), (_FAST,), "a command").systems["fast"].rounds
    assert one.disk_mb == held / 1024**2


def test_a_run_keeps_every_round_when_it_is_done(plan: Plan) -> None:
    """What is kept after the first of two rounds is a whole run of one; the last is the result."""
    kept: list[Run] = []
    done = run(plan, (_FAST,), "a command", kept.append)
    assert [len(one.systems["fast"].rounds) for one in kept] == [1, 2]
    assert kept[-1] == done


def test_a_process_that_ended_has_no_memory() -> None:
    """Told before it was waited for, and after."""
    with subprocess.Popen(("true",)) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(BenchmarkError, match="ended"):
            resident_mb(process.pid)
        process.wait()
        with pytest.raises(BenchmarkError, match="ended"):
            resident_mb(process.pid)


def test_many_clients_ask_until_the_seconds_are_over(plan: Plan) -> None:
    """However fast one is answered: a rate is no matter of the first few."""
    asked: list[tuple[int, int]] = []

    def ask(texts: Sequence[str], clients: int) -> Answers:
        asked.append((clients, len(texts)))
        took = 0.01 * len(texts)
        return Answers(
            milliseconds=[10.0] * len(texts), seconds=took, found=[], context=1.0, faults=[]
        )

    held = documents.sentences(100)
    pool = Pool(cycle(documents.questions(held, 100)), [one.text for one in held])
    sit(replace(plan, seconds=3.0), pool, 1.0, os.getpid(), ask)
    assert asked[-2:] == [(8, 2400), (32, 2400)]  # a hundred a second alone, eight times as many
    sit(replace(plan, seconds=60.0), pool, 1.0, os.getpid(), ask)
    assert asked[-2:] == [(8, 5000), (32, 5000)]


def test_what_is_prepared_is_kept(plan: Plan) -> None:
    """A second run indexes nothing anew."""
    said: list[str] = []
    prepare(plan, (_FAST,), said.append)
    assert said == ["fast: indexing 400 sentences"]
    prepare(plan, (_FAST,), said.append)
    assert len(said) == 1


def test_an_adapter_counts_what_fails(plan: Plan) -> None:
    """A question that raises is a fault with its reason, not a time; the others go on."""
    prepare(plan, (_FAST,), lambda _: None)
    python = plan.peers / "fast" / "bin" / "python"
    with (
        plan.log.open("ab") as log,
        Adapter(_FAST, python, plan.model, plan.store(_FAST), log) as adapter,
    ):
        adapter.do("open", server=None)
        asked = ["Which one?", "please fail", "Which other?"]
        reply = adapter.do("query", questions=asked, clients=2, top=3, budget=5.0)
        assert reply["faults"] == ["ValueError: told to"]
        assert isinstance(reply["milliseconds"], list)
        assert len(reply["milliseconds"]) == 2
        assert resident_mb(adapter.process.pid) > 5
        with pytest.raises(BenchmarkError, match="fast: dance: ValueError: no such command"):
            adapter.do("dance")
        late = adapter.do("query", questions=asked, clients=1, top=3, budget=0.0)
        assert late["milliseconds"] == []


def test_no_question_is_asked_twice_in_a_row() -> None:
    """Each sitting takes the next ones of the line; what is right is told by the sentence."""
    held = documents.sentences(100)
    pool = Pool(cycle(documents.questions(held, 100)), [one.text for one in held])
    first, second = pool.take(40), pool.take(40)
    assert not {one.text for one in first} & {one.text for one in second}
    found = [[held[one.sentence].text] for one in first]
    assert pool.right(first, found) == 1.0
    assert pool.right(first, [*found[:30], *([[]] * 10)]) == 0.75
