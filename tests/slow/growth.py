"""How the time of an answer grows: `make growth` writes docs/scale.json and draws it.

Builds of 10^3 to 10^7 passages are made (tests.slow.grown), each opened by a process of its own and
asked the same questions. Stages that are done are not done again, so that it can be interrupted.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from index.encoders.opening import open_encoder
from index.encoders.protocol import Encoder, Vectors
from index.kept import FolderBuild
from index.lexical import PARAGRAPH, SENTENCE
from index.opened import OpenedFolder
from index.retriever import CANDIDATES, Retriever
from index.vectors.recall import AT, QUESTIONS, nearest, recall
from tests.slow.grown import Grown, real
from tests.slow.growth_report import table
from tests.slow.recombined import Recombined

_ENCODER = "bge-small"
_WARM, _ASKED = 50, 300
_SHOWN = 8
_COSINES = (0.80, 0.06)
"""Mean and deviation of a question's cosine to its answer (docs/scale.md says of which)."""
_DOCS = Path(__file__).parents[2] / "docs"
_STAGES = ("encode", "dense", "terms", "lexical", "coverage", "catalog", "search", "after")


@click.command()
@click.argument("sizes", nargs=-1, type=click.IntRange(min=100))
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Room for builds.")
@click.option("--only", help="Do only this stage of each build.")
@click.option("--measure", is_flag=True, help="Measure one build here, and print it as JSON.")
def command(sizes: Sequence[int], folder: Path, only: str | None, *, measure: bool) -> None:
    """Make builds of SIZES passages in FOLDER and measure them."""
    folder.mkdir(parents=True, exist_ok=True)
    if measure:
        click.echo(json.dumps(_measured(Grown(folder, sizes[0]), folder)))
        return
    results = []
    for size in sizes or (10**3, 10**4, 10**5, 10**6, 10**7):
        _grow(Grown(folder, size), folder, only)
        if only is None:
            arguments = ["-m", "tests.slow.growth", str(size), "--folder", str(folder), "--measure"]
            done = subprocess.run(
                [sys.executable, *arguments], capture_output=True, text=True, check=True
            )
            results.append(json.loads(done.stdout))
            click.echo(done.stdout)
    if results:
        text = json.dumps(results, indent=1) + "\n"
        (_DOCS / "scale.json").write_text(text, encoding="utf-8")
        click.echo(table(results))


def _grow(grown: Grown, folder: Path, only: str | None) -> None:
    encoder = open_encoder(_ENCODER)
    simulated = real(folder, encoder)
    stages: dict[str, Callable[[], None]] = {
        "texts": grown.write_texts,
        "vectors": lambda: grown.write_vectors(simulated),
        "members": grown.write_members,
        "dense": grown.write_dense,
        "lexical": grown.write_lexical,
        "catalog": grown.write_catalog,
        "rest": lambda: grown.write_rest(encoder),
        "truth": lambda: _write_truth(grown, _questions(folder, encoder)),
    }
    for name, work in stages.items():
        if only in {None, name}:
            click.echo(f"{grown.passages} {name}", err=True)
            grown.stage(name, work)


def _questions(folder: Path, encoder: Encoder) -> Vectors:
    """Return real questions' vectors; those of the first half are never turned to an answer."""
    path = folder / "questions.npy"
    if not path.exists():
        texts = Recombined()
        np.save(path, encoder.encode_questions([texts.question(n) for n in range(2 * QUESTIONS)]))
    asked: Vectors = np.load(path)
    return asked


def _write_truth(grown: Grown, asked: Vectors) -> None:
    """Write questions and the ten nearest rows of each: real ones as they are, and turned.

    The text of a question has nothing to do with simulated vectors: its nearest are far away, and
    many are as far. So as many are turned to a row, as near as questions are to their answers.
    """
    contextual = grown.contextual()
    random = np.random.default_rng(5)
    far, away = np.split(asked, 2)
    rows = contextual[random.integers(grown.passages, size=len(away))]
    away = away - (away * rows).sum(axis=1, keepdims=True) * rows
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    cosines = np.clip(random.normal(*_COSINES, size=(len(away), 1)), 0.6, 0.95)
    near = cosines * rows + np.sqrt(1 - cosines**2) * away
    both = np.ascontiguousarray(np.concatenate([near, far]), dtype=np.float32)
    np.savez(grown.folder / "truth.npz", asked=both, rows=nearest(contextual, both))


class _Encoder:
    """The encoder, but for the vector that it gives: one that is there.

    With `works` it encodes all the same, as long as it takes. `ended` is when it gave the vector.
    """

    def __init__(self, encoder: Encoder, query: Vectors, *, works: bool) -> None:
        self.name, self.dim = encoder.name, encoder.dim
        self.weights_sha256 = encoder.weights_sha256
        self._encoder = encoder if works else None
        self._query = query
        self.ended = 0.0, 0.0

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Return the vector."""
        if self._encoder is not None:
            self._encoder.encode_questions(questions)
        self.ended = time.perf_counter(), time.process_time()
        return self._query[None]

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Do nothing of the kind."""
        raise NotImplementedError


def _measured(grown: Grown, folder: Path) -> dict[str, Any]:
    kept = FolderBuild(grown.layout)
    encoder = open_encoder(_ENCODER)
    texts = Recombined()
    questions = [texts.question(number) for number in range(_WARM + _ASKED)]
    with np.load(grown.folder / "truth.npz") as truth:
        asked, rows = truth["asked"], truth["rows"]
    before = _memory()
    began = time.perf_counter()
    opened = Retriever(kept, encoder, checked=True)
    opening = time.perf_counter() - began
    after = _memory()
    times: dict[str, list[tuple[float, float]]] = {stage: [] for stage in _STAGES}
    build = opened._opened
    assert isinstance(build, OpenedFolder)
    for number, question in enumerate(questions):
        query = asked[number % QUESTIONS]
        took = _stages(build, opened, question, query)
        took["search"] = _timed(lambda: _asked(opened, encoder, question, query, works=False))  # noqa: B023 - called at once
        ended = _asked(opened, encoder, question, query, works=True)
        took["after"] = time.perf_counter() - ended[0], time.process_time() - ended[1]
        if number >= _WARM:
            for stage, spent in took.items():
                times[stage].append(spent)

    def found(query: Vectors) -> Any:  # noqa: ANN401 - rows
        return build._dense.search(query[None], CANDIDATES)[1][0][:AT]

    near, far = (
        recall(rows[part], lambda at: found(asked[part][at]))  # noqa: B023 - called at once
        for part in (slice(QUESTIONS), slice(QUESTIONS, None))
    )
    sizes = {path: path.stat().st_size for path in grown.layout.files()}
    began = time.perf_counter()
    kept.check()
    return {
        "passages": grown.passages,
        "dense": str(kept.manifest().dense),
        "recall": kept.manifest().dense.recall,
        "recall_near": near,
        "recall_far": far,
        "milliseconds": {stage: _summary(np.array(spent)) for stage, spent in times.items()},
        "opening_seconds": opening,
        "checking_seconds": time.perf_counter() - began,
        "memory_mb": {"before": before, "opened": after, "asked": _memory()},
        "build_seconds": grown.seconds(),
        "disk_mb": {
            part: sum(size for path, size in sizes.items() if path.match(f"**/{part}*")) / 1e6
            for part in ("vectors.npy", "paragraphs.npy", "catalog.sqlite")
        }
        | {
            part: sum(size for path, size in sizes.items() if part in path.parts) / 1e6
            for part in ("dense", "lexical", "members")
        },
    }


def _asked(
    opened: Retriever, encoder: Encoder, question: str, query: Vectors, *, works: bool
) -> tuple[float, float]:
    """Search; return when the question was encoded, by the clock and in time of a processor."""
    encoding = _Encoder(encoder, query, works=works)
    asked = Retriever.__new__(Retriever)
    asked.__dict__.update({**opened.__dict__, "_encoder": encoding})
    asked.search(question, _SHOWN)
    return encoding.ended


def _stages(
    build: OpenedFolder, opened: Retriever, question: str, query: Vectors
) -> dict[str, tuple[float, float]]:
    took: dict[str, tuple[float, float]] = {}
    took["encode"] = _timed(lambda: opened._encoder.encode_questions([question]))
    took["dense"] = _timed(lambda: build._dense.search(query[None], CANDIDATES))
    took["terms"] = _timed(lambda: build._lexical.terms(question))
    terms = build._lexical.terms(question)
    took["lexical"] = _timed(lambda: build._lexical.search(terms, CANDIDATES))
    rows = build._lexical.search(terms, CANDIDATES)
    took["coverage"] = _timed(
        lambda: [build._lexical.coverage(terms, field, rows) for field in (SENTENCE, PARAGRAPH)]
    )
    took["catalog"] = _timed(lambda: opened.catalog.rows(rows[:_SHOWN]))
    return took


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return seconds by the clock, and seconds of a processor: those count on a busy machine."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def _summary(spent: NDArray[np.float64]) -> dict[str, float]:
    clock, processor = 1000 * spent.T
    return {
        "p50": float(np.percentile(clock, 50)),
        "p95": float(np.percentile(clock, 95)),
        "processor_p50": float(np.percentile(processor, 50)),
        "processor_p95": float(np.percentile(processor, 95)),
    }


def _memory() -> dict[str, float]:
    """Return how much of this process is in memory, in MB: all, its own, and mapped of files."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    names = {"all": "VmRSS", "own": "RssAnon", "files": "RssFile"}
    return {name: int(fields[field].split()[0]) / 1000 for name, field in names.items()}


if __name__ == "__main__":
    command()
