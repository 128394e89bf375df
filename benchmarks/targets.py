"""The targets that were set, and how far a run reached them: ratios within one run, two sizes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import figures
from benchmarks.figures import Figure, Measured, Run, Spread, spread
from benchmarks.systems import DENSE, HYBRID_WITH_CONTEXT


@dataclass(frozen=True, slots=True)
class Target:
    """A figure of ours, divided by the best of others' where it is a ratio, and its bound.

    `others` chooses from the run who is compared with; the best of them is the highest figure where
    more is better (`at_least`), the lowest else.
    """

    what: str
    bound: float
    figure: Figure
    others: Callable[[Run, Measured], Sequence[Measured]] | None = None
    of_others: Figure = figures.p50
    at_least: bool = False

    def measure(self, run: Run, mine: Measured) -> Spread | None:
        """Return the value in each round that has both sides: median, least, most."""
        others = None if self.others is None else self.others(run, mine)
        best = max if self.at_least else min
        values = []
        for number, one in enumerate(mine.rounds):
            own = self.figure(one)
            if own is None:
                continue
            if others is None:
                values.append(own)
                continue
            theirs = [
                value
                for other in others
                if number < len(other.rounds)
                and (value := self.of_others(other.rounds[number])) is not None
            ]
            if theirs:
                values.append(own / best(theirs))
        return spread(values)

    def reached(self, value: Spread) -> bool:
        """Tell whether the median keeps the bound."""
        return value.median >= self.bound if self.at_least else value.median <= self.bound


def _itself(_run: Run, mine: Measured) -> list[Measured]:
    return [mine]


def _peers(run: Run, _mine: Measured) -> list[Measured]:
    return [one for one in run.systems.values() if not one.ours]


def _of_a_kind(run: Run, mine: Measured) -> list[Measured]:
    return [one for one in _peers(run, mine) if one.kind == HYBRID_WITH_CONTEXT]


def _hybrid(run: Run, mine: Measured) -> list[Measured]:
    return [one for one in _peers(run, mine) if one.kind != DENSE]


def _floor(run: Run, _mine: Measured) -> list[Measured]:
    return [one for name, one in run.systems.items() if name == "floor"]


TARGETS = (
    Target(
        "an answer over HTTP ÷ the best peer's of its kind, in process",
        0.5,
        figures.p50_over_http,
        _of_a_kind,
    ),
    Target(
        "an answer over HTTP ÷ the best hybrid peer's, context or none, in process",
        0.5,
        figures.p50_over_http,
        _hybrid,
    ),
    Target(
        "an answer over HTTP ÷ the bare cost of encoding the question",
        1.5,
        figures.p50_over_http,
        _itself,
        figures.encoding,
    ),
    Target(
        "questions a second over HTTP, 32 clients ÷ 1",
        3,
        figures.rate_over_http(32),
        _itself,
        figures.rate_over_http(1),
        at_least=True,
    ),
    Target(
        "questions a second, 32 clients ÷ the best peer's server",
        3,
        figures.rate_over_http(32),
        _peers,
        figures.rate_over_http(32),
        at_least=True,
    ),
    Target(
        "indexing, files to published ÷ the floor's `SentenceTransformer.encode`",
        2.5,
        figures.indexing,
        _floor,
        figures.indexing,
        at_least=True,
    ),
    Target("command to ready, s", 1.5, figures.ready_over_http),
    Target(
        "command to ready ÷ importing sentence-transformers and loading the model",
        0.15,
        figures.ready_over_http,
        _floor,
        figures.loading,
    ),
    Target("resident memory of the server, MiB", 350, figures.resident_over_http),
)
