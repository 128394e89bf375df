"""How we stand to others, in ratios within one run; targets that were set, and whether reached."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks import figures
from benchmarks.figures import Figure, Measured, Run, Spread, spread
from benchmarks.plan import CLIENTS
from benchmarks.systems import DENSE, HYBRID_WITH_CONTEXT


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of ours, divided by the best of others' where there are others.

    `others` chooses from the run who is compared with; the best of them is the highest figure where
    more is better (`at_least`), the lowest else.
    """

    what: str
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


@dataclass(frozen=True, slots=True)
class Target(Ratio):
    """A ratio, or a figure of ours alone, that is to keep a bound."""

    bound: float = field(kw_only=True)

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
        figures.p50_over_http,
        _of_a_kind,
        bound=0.5,
    ),
    Target(
        "an answer over HTTP ÷ the best hybrid peer's, context or none, in process",
        figures.p50_over_http,
        _hybrid,
        bound=0.5,
    ),
    Target(
        "an answer over HTTP ÷ the bare cost of encoding the question",
        figures.p50_over_http,
        _itself,
        figures.encoding,
        bound=1.5,
    ),
    Target(
        "questions a second over HTTP, 32 clients ÷ 1",
        figures.rate_over_http(32),
        _itself,
        figures.rate_over_http(1),
        at_least=True,
        bound=3,
    ),
    Target(
        "questions a second, 32 clients ÷ the best peer's server",
        figures.rate_over_http(32),
        _peers,
        figures.rate_over_http(32),
        at_least=True,
        bound=3,
    ),
    Target(
        "indexing, files to published ÷ the floor's `SentenceTransformer.encode`",
        figures.indexing,
        _floor,
        figures.indexing,
        at_least=True,
        bound=2.5,
    ),
    Target("command to ready, s", figures.ready_over_http, bound=1.5),
    Target(
        "command to ready ÷ importing sentence-transformers and loading the model",
        figures.ready_over_http,
        _floor,
        figures.loading,
        bound=0.15,
    ),
    Target("resident memory of the server, MiB", figures.resident_over_http, bound=350),
)

RATIOS = (
    Ratio(
        "p50 of an answer over HTTP ÷ in process, dense alone or hybrid",
        figures.p50_over_http,
        _peers,
    ),
    *(
        Ratio(
            f"questions a second over HTTP, {clients} client{'s' if clients > 1 else ''}",
            figures.rate_over_http(clients),
            _peers,
            figures.rate_over_http(clients),
            at_least=True,
        )
        for clients in CLIENTS
    ),
    Ratio("sentences indexed a second", figures.indexing, _peers, figures.indexing, at_least=True),
    Ratio(
        "start of the server to ready ÷ import to first answer, in process",
        figures.ready_over_http,
        _peers,
        figures.ready,
    ),
    Ratio(
        "resident memory of the server ÷ in process, which holds a model too",
        figures.resident_over_http,
        _peers,
        figures.resident,
    ),
    Ratio("disk of the index", figures.disk, _peers, figures.disk),
)
"""Ours ÷ the best peer's, whoever that is."""
