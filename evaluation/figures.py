"""Figures of how fast a machine is: as values, as JSON, as lines for people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

CLIENTS = (1, 8, 32)
"""How many ask at the same time."""

_STANDING = {
    "alone": "each sentence a paragraph",
    "pages": "five a paragraph, under headings",
}


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """The model alone, by the name that it has in a build."""

    name: str
    load_seconds: float
    sentences_per_second: float
    question_ms_p50: float


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """`pincite index`, from files to a published build."""

    seconds: float
    sentences_per_second: float


@dataclass(frozen=True, slots=True)
class TransformersFigures:
    """sentence-transformers with all-MiniLM-L6-v2: from command to loaded, then its `encode`.

    `sentences_per_second` is with its defaults; None where it was given nothing to encode.
    """

    load_seconds: float
    sentences_per_second: float | None


@dataclass(frozen=True, slots=True)
class ServingFigures:
    """One `pincite serve`: from command to ready, answers over HTTP, memory.

    `processor_ms` is what an answer costs the server's processors, and `stages_ms` the mean time of
    what it is made of, both with one client in hybrid mode.
    """

    reranker: str
    ready_seconds: float
    answer_ms: Mapping[str, Mapping[str, float]]  # mode -> p50, p95
    processor_ms: float
    stages_ms: Mapping[str, float]
    answers_per_second: Mapping[str, float]  # number of clients -> of all of them together
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Bench:
    """All figures of one run; `index` has those of each layout that sentences stand in.

    `index` is None where what was asked had been indexed before, `transformers` where it is not
    installed.
    """

    sentences: int
    cores: int
    model: ModelFigures
    transformers: TransformersFigures | None
    index: Mapping[str, IndexFigures] | None
    serving: tuple[ServingFigures, ...]

    def to_json(self) -> str:
        """Return the figures as JSON."""
        return json.dumps(asdict(self), indent=2)

    def table(self) -> str:
        """Return the figures as lines for people, each beside what it is a multiple of."""
        model = self.model
        lines = [
            f"{self.sentences} sentences, {self.cores} cores",
            (
                f"model {model.name} alone: load {model.load_seconds:.1f} s, "
                f"{model.sentences_per_second:.0f} sentences/s, "
                f"one question {model.question_ms_p50:.1f} ms (p50)"
            ),
        ]
        if self.transformers is not None:
            load = self.transformers.load_seconds
            lines.append(f"sentence-transformers, to a loaded model: {load:.1f} s")
        if self.index is not None:
            lines += self._index_lines(self.index)
        for one in self.serving:
            lines += self._lines(one)
        return "\n".join(lines)

    def _index_lines(self, index: Mapping[str, IndexFigures]) -> Iterator[str]:
        encode = self.transformers and self.transformers.sentences_per_second
        if encode:
            yield f"SentenceTransformer.encode with its defaults: {encode:.0f} sentences/s"
        yield "pincite index, model's start included:"
        for layout, one in index.items():
            share = f" ({one.sentences_per_second / encode:.2f} of that)" if encode else ""
            yield (
                f"    {_STANDING[layout]}: {one.seconds:.1f} s, "
                f"{one.sentences_per_second:.0f} sentences/s{share}"
            )

    def _lines(self, one: ServingFigures) -> Iterator[str]:
        load = self.transformers.load_seconds if self.transformers else None
        encoding = self.model.question_ms_p50
        share = f" ({one.ready_seconds / load:.2f} of that)" if load else ""
        yield (
            f"pincite serve, reranker {one.reranker}: ready {one.ready_seconds:.1f} s{share}, "
            f"{one.resident_mb:.0f} MB resident"
        )
        for mode, times in one.answer_ms.items():
            yield (
                f"    {mode:8} p50 {times['p50']:.1f} ms ({times['p50'] / encoding:.1f} of the "
                f"model's), p95 {times['p95']:.1f} ms"
            )
        stages = ", ".join(f"{name} {time:.1f}" for name, time in one.stages_ms.items())
        yield f"    ms an answer: processor {one.processor_ms:.1f}; stages: {stages}"
        alone = one.answers_per_second[str(CLIENTS[0])]
        for clients, rate in one.answers_per_second.items():
            yield f"    {clients:>2} clients: {rate:.0f} answers/s ({rate / alone:.1f} of one's)"
