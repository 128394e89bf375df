"""What a run measured, as values that are written as JSON and read again; their medians."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Sitting:
    """One process asked by one client, then by many: times in milliseconds, rates a second."""

    ready_seconds: float
    resident_mb: float
    p50: float
    p95: float
    rates: Mapping[str, float]
    """Number of clients -> questions answered a second, all clients together."""
    right: float
    """Share of the questions whose sentence was among the first five."""
    context: float
    """Share of what was found that came with text around it."""
    faults: int = 0
    first_fault: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """One system in one round."""

    index_per_second: float | None = None
    encode_ms: float | None = None
    load_seconds: float | None = None
    """The floor's alone: a process that imports the library, loads the model, and ends."""
    in_process: Sitting | None = None
    server: Sitting | None = None
    disk_mb: float | None = None
    """What the index of all sentences takes, exported models apart, in MiB."""
    fault: str = ""
    """Why there are no figures, or none of its server."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One system in all rounds."""

    title: str
    kind: str
    ours: bool
    versions: Mapping[str, str]
    rounds: tuple[Round, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: what was measured, on what, and by which command."""

    date: str
    command: str
    commit: str
    machine: Mapping[str, str | int]
    sentences: int
    index_sentences: int
    systems: Mapping[str, Measured] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the run as JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"


def read(path: Path) -> Run:
    """Read a run that was written."""
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    systems = {
        name: Measured(**{**one, "rounds": tuple(_round(each) for each in one["rounds"])})
        for name, one in held["systems"].items()
    }
    return Run(**{**held, "systems": systems})


def _round(held: Mapping[str, Any]) -> Round:
    sittings = {
        name: None if held[name] is None else Sitting(**held[name])
        for name in ("in_process", "server")
    }
    return Round(**{**held, **sittings})


Figure = Callable[[Round], float | None]


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of the rounds, the least and the most."""

    median: float
    least: float
    most: float


def spread(values: list[float]) -> Spread | None:
    """Return median, least and most; None of nothing."""
    return Spread(median(values), min(values), max(values)) if values else None


def over_rounds(measured: Measured, figure: Figure) -> Spread | None:
    """Return a figure's spread over the rounds that have it."""
    return spread([value for one in measured.rounds if (value := figure(one)) is not None])


def p50(one: Round) -> float | None:
    """Return the median time of a question in the process itself, in milliseconds."""
    return None if one.in_process is None else one.in_process.p50


def p50_over_http(one: Round) -> float | None:
    """Return the median time of a question to the server, in milliseconds."""
    return None if one.server is None else one.server.p50


def encoding(one: Round) -> float | None:
    """Return the median time that encoding a question takes, in milliseconds."""
    return one.encode_ms


def indexing(one: Round) -> float | None:
    """Return sentences indexed a second."""
    return one.index_per_second


def loading(one: Round) -> float | None:
    """Return the seconds of a process that imports the library and loads the model."""
    return one.load_seconds


def ready(one: Round) -> float | None:
    """Return the seconds from the start of the process until its first answer."""
    return None if one.in_process is None else one.in_process.ready_seconds


def ready_over_http(one: Round) -> float | None:
    """Return the seconds from the server's command until it is ready."""
    return None if one.server is None else one.server.ready_seconds


def resident(one: Round) -> float | None:
    """Return the process's resident memory after its questions, in MiB."""
    return None if one.in_process is None else one.in_process.resident_mb


def resident_over_http(one: Round) -> float | None:
    """Return the server's resident memory after its questions, in MiB."""
    return None if one.server is None else one.server.resident_mb


def disk(one: Round) -> float | None:
    """Return what the index takes on disk, in MiB."""
    return one.disk_mb


def rate_over_http(clients: int) -> Figure:
    """Return the figure: questions a second that the server answers to so many clients."""

    def rate(one: Round) -> float | None:
        return None if one.server is None else one.server.rates.get(str(clients))

    return rate
