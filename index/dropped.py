"""What a build left out: every place that was merged into another, and every skipped file."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from corpus.errors import Reason
from corpus.reading import Skipped
from index.errors import DamagedError
from index.layout import Layout
from index.manifest import check_listed
from index.merging import Merged
from index.parts import Part


def records(parts: Sequence[Part], merged: Merged, skipped: Sequence[Skipped]) -> Iterator[str]:
    """Give a line for every merged place, which the catalog keeps too, then every skipped file."""
    for row, first, place, (_, kind, similarity) in merged.repeats():
        record = {
            "merged": kind,
            "similarity": similarity,
            **_named(parts, place),
            "into": _named(parts, first),
            "passage_id": merged.passages[row][0],
        }
        yield json.dumps(record, ensure_ascii=False)
    for one in skipped:
        record = {"skipped": one.reason.value, **asdict(one), "reason": one.reason.value}
        yield json.dumps(record, ensure_ascii=False)


def write(layout: Layout, lines: Iterable[str]) -> None:
    """Write the records of a build."""
    with layout.dropped.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def skipped(layout: Layout) -> list[Skipped]:
    """Return the files that a build skipped, as it recorded them; DamagedError if it is not whole.

    They stand at the end of the record, below all that was merged.
    """
    if not check_listed(layout, layout.dropped):
        return []
    found: list[Skipped] = []
    try:
        for line in reversed(layout.dropped.read_text(encoding="utf-8").split("\n")):
            if line:
                one = skipped_of(line)
                if one is None:
                    break
                found.append(one)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{layout.dropped}: cannot be read ({error}); index the documents again"
        ) from error
    return found[::-1]


def skipped_of(line: str) -> Skipped | None:
    """Return the skipped file that a record is of, None where it is of something merged."""
    record: dict[str, Any] = json.loads(line)
    if "skipped" not in record:
        return None
    return Skipped(record["uri"], Reason(record["reason"]), record["detail"], record["fault"])


def _named(parts: Sequence[Part], at: tuple[int, int]) -> dict[str, object]:
    part = parts[at[0]]
    return {"document_id": part.document.document_id, "sentence": part.fields[at[1]][0]}
