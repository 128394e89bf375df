"""What a build left out: every place that was merged into another, and every skipped file."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from corpus.errors import Reason
from corpus.reading import Skipped
from index.errors import DamagedError
from index.layout import Layout
from index.manifest import check_listed
from index.merging import Merged
from index.parts import Part


def write(path: Path, parts: Sequence[Part], merged: Merged, skipped: Sequence[Skipped]) -> None:
    """Record every merged place and every skipped file; the catalog keeps the places too."""
    with path.open("w", encoding="utf-8") as file:
        for row, first, place, (_, kind, similarity) in merged.repeats():
            record = {
                "merged": kind,
                "similarity": similarity,
                **_named(parts, place),
                "into": _named(parts, first),
                "passage_id": merged.passages[row][0],
            }
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
        for one in skipped:
            record = {"skipped": one.reason.value, **asdict(one), "reason": one.reason.value}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def skipped(layout: Layout) -> list[Skipped]:
    """Return the files that a build skipped, as it recorded them; DamagedError if it is not whole.

    They stand at the end of the record, below all that was merged.
    """
    if not check_listed(layout, layout.dropped):
        return []
    found: list[Skipped] = []
    try:
        for line in reversed(layout.dropped.read_text(encoding="utf-8").split("\n")):
            record: dict[str, Any] = json.loads(line) if line else {"skipped": None}
            if "skipped" not in record:
                break
            if line:
                reason = Reason(record["reason"])
                found.append(Skipped(record["uri"], reason, record["detail"], record["fault"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{layout.dropped}: cannot be read ({error}); index the documents again"
        ) from error
    return found[::-1]


def _named(parts: Sequence[Part], at: tuple[int, int]) -> dict[str, object]:
    part = parts[at[0]]
    return {"document_id": part.document.document_id, "sentence": part.fields[at[1]][0]}
