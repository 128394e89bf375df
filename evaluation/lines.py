"""Lines of a benchmark's files: whatever is wrong with one, the fault says where it stands."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.errors import BenchmarkError


@dataclass(frozen=True, slots=True)
class Line:
    """One JSON object of a file, with where it stands, so that every fault can say so."""

    file: Path
    number: int
    body: Mapping[str, Any]

    def fault(self, message: str) -> BenchmarkError:
        """Return the fault to raise."""
        return BenchmarkError(self.file, self.number, message)

    def identity(self, key: str) -> str:
        """Return an id, which is never empty; one given as a whole number becomes text."""
        value = self.body.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # some published sets number their documents
        if not isinstance(value, str) or not value.strip():
            raise self.fault(f'has no "{key}"; give each line one, a text that is not empty')
        return value

    def text(self, key: str, otherwise: str | None = None) -> str:
        """Return a text; `otherwise` where the line has none."""
        value = self.body.get(key, otherwise)
        if value is None and otherwise is not None:
            value = otherwise
        if not isinstance(value, str):
            raise self.fault(f'its "{key}" is not a text; give a JSON string')
        return value

    def kind(self) -> str | None:
        """Return the kind of a question, None where it is not said."""
        return self.text("kind").strip() or None if self.body.get("kind") is not None else None

    def list(self, key: str) -> Sequence[Any]:
        """Return a list, empty where the line has none."""
        value = self.body.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.fault(f'its "{key}" is not a list')
        return value


def lines(file: Path) -> Iterator[Line]:
    """Yield the JSON objects of a file, one a line; blank lines are passed over."""
    for number, line in text_lines(file):
        try:
            body = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BenchmarkError(
                file, number, f"is not JSON ({error}); give one JSON object a line"
            ) from error
        if not isinstance(body, dict):
            raise BenchmarkError(file, number, "is not a JSON object; give one a line")
        yield Line(file, number, body)


def text_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not blank, with their numbers from 1, without their ends."""
    try:
        with file.open(encoding="utf-8-sig") as opened:
            for number, line in enumerate(opened, start=1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except FileNotFoundError as error:
        raise BenchmarkError(file, None, "is missing; the benchmark's form asks for it") from error
    except UnicodeDecodeError as error:
        raise BenchmarkError(file, None, f"is not UTF-8 ({error}); save it as UTF-8") from error
    except OSError as error:
        raise BenchmarkError(file, None, f"cannot be read ({error.strerror})") from error
