"""A gate: the least and the most that measures may be, read from a TOML file.

    [measures]
    "P@1" = { minimum = 0.80 }
    ECE = { maximum = 0.10 }

    [latency_ms]
    p50 = { maximum = 60 }

    [kinds.typo]
    "P@1" = { minimum = 0.60 }

Citation validity (1) and duplicates in the top ten (0) are checked whatever the file says.
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import GateError
from evaluation.measures import MEASURES
from evaluation.run import Run

LATENCIES = {"p50": 50, "p95": 95}


@dataclass(frozen=True, slots=True)
class Limit:
    """The least and the most that one measure may be; of one kind of question where `kind` is."""

    measure: str
    minimum: float | None
    maximum: float | None
    kind: str | None = None

    def failure(self, found: float | None) -> str | None:
        """Return in words how `found` breaks the limit, None where it does not."""
        what = self.measure if self.kind is None else f"{self.measure} of the kind {self.kind!r}"
        if found is None:
            return f"{what} was not measured; the benchmark has no question for it"
        if self.minimum is not None and found < self.minimum:
            return f"{what} is {found:.4f}, the gate asks for at least {self.minimum:g}"
        if self.maximum is not None and found > self.maximum:
            return f"{what} is {found:.4f}, the gate asks for at most {self.maximum:g}"
        return None


@dataclass(frozen=True, slots=True)
class Gate:
    """All limits of a file."""

    limits: tuple[Limit, ...] = ()

    def failures(self, run: Run) -> list[str]:
        """Return in words what a run fails on, the hard gates first; nothing where it passes."""
        failed: list[str] = []
        if run.integrity.invalid:
            failed.append(
                f"citation validity is {run.integrity.citation_validity:.6f} "
                f"({run.integrity.invalid} of {run.integrity.citations} invalid), it must be 1"
            )
        if run.integrity.duplicates:
            failed.append(
                f"the duplicate rate in the top 10 is {run.integrity.duplicate_rate:.6f} "
                f"({run.integrity.duplicates} of {run.integrity.top_hits}), it must be 0"
            )
        failed.extend(
            failure for limit in self.limits if (failure := limit.failure(_found(limit, run)))
        )
        return failed


def _found(limit: Limit, run: Run) -> float | None:
    if limit.measure in LATENCIES:
        return run.latency(LATENCIES[limit.measure])
    if limit.kind is None:
        return run.result.measures[limit.measure]
    return run.by_kind[limit.kind].measures[limit.measure] if limit.kind in run.by_kind else None


def read_gate(file: Path) -> Gate:
    """Read a gate's file; GateError says what in it is not understood."""
    try:
        body = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise GateError(f"{file}: cannot be read ({error}); give a TOML file") from error
    except tomllib.TOMLDecodeError as error:
        raise GateError(f"{file}: is not TOML ({error})") from error
    if unknown := sorted(body.keys() - {"measures", "latency_ms", "kinds"}):
        raise GateError(
            f"{file}: knows no table {', '.join(unknown)}; "
            "tables are [measures], [latency_ms] and [kinds.NAME]"
        )
    limits = _limits(file, "measures", body.get("measures", {}), MEASURES)
    limits += _limits(file, "latency_ms", body.get("latency_ms", {}), LATENCIES)
    for kind, table in _table(file, "kinds", body.get("kinds", {})).items():
        limits += _limits(file, f"kinds.{kind}", table, MEASURES, kind)
    if not limits:
        raise GateError(f"{file}: sets no limit; give at least one, like P@1 in [measures]")
    return Gate(tuple(limits))


def _limits(
    file: Path, name: str, table: object, known: Mapping[str, object], kind: str | None = None
) -> list[Limit]:
    limits = []
    for measure, bounds in _table(file, name, table).items():
        where = f"{file}: [{name}] {measure}"
        if measure not in known:
            raise GateError(f"{where}: is not measured; known are {', '.join(known)}")
        if not isinstance(bounds, dict) or not bounds or bounds.keys() - {"minimum", "maximum"}:
            raise GateError(f"{where}: give {{ minimum = … }}, {{ maximum = … }} or both")
        for bound in bounds.values():
            number = isinstance(bound, int | float) and not isinstance(bound, bool)
            if not number or not math.isfinite(bound):  # nothing is above or below NaN
                raise GateError(f"{where}: {bound!r} is not a number to compare with")
        limits.append(Limit(measure, bounds.get("minimum"), bounds.get("maximum"), kind))
    return limits


def _table(file: Path, name: str, table: object) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise GateError(f"{file}: {name} is not a table; write [{name}] on a line of its own")
    return table
