"""Every file of a folder of real and hostile documents; `make reading` writes its table."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from corpus.allowance import LIMITS
from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.isolation import Workers
from corpus.readers import MEDIA_TYPES
from corpus.reading import Source, find, read
from corpus.sentences import sentences

_FOLDER = Path(
    os.environ.get("DOCUMENTS") or Path(__file__).parents[3] / "shared" / "data" / "documents"
)
_TABLE = os.environ.get("READING_TABLE")
_MIB = 1024 * 1024
_SOURCES = find([_FOLDER]).sources if _FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(
    not _SOURCES, reason="../shared/data/documents is not on this machine"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file, in a process of its own."""

    source: Source
    result: Document | UnreadableError
    seconds: float
    peak: int

    def row(self) -> str:
        """Return it as a row of a Markdown table."""
        uri = self.source.uri.replace("|", "\\|")
        media_type = MEDIA_TYPES.get(self.source.path.suffix.lower(), "-")
        if isinstance(self.result, Document):
            counts = len(sentences(self.result)), len(self.result.structure.pages)
            told = f"{self.result.media_type} | read | {counts[0]:,} | {counts[1] or '-'}"
        else:
            told = f"{media_type} | `{self.result.reason}` | - | -"
        memory = f"{self.peak / _MIB:.0f}" if self.peak else "-"
        return f"| {uri} | {told} | {self.seconds:.2f} | {memory} |"


def read_alone(source: Source) -> Outcome:
    """Read one file in a fresh process."""
    began = time.monotonic()
    result: Document | UnreadableError
    with Workers(1) as workers:
        try:
            result = read(source, LIMITS, workers)
        except UnreadableError as error:
            result = error
        seconds = time.monotonic() - began
    return Outcome(source, result, seconds, workers.peak)


@pytest.fixture(scope="module")
def outcomes() -> Iterator[list[Outcome]]:
    """Collect what came of the files; at the end, write the table where one is asked for."""
    collected: list[Outcome] = []
    yield collected
    if _TABLE:
        Path(_TABLE).write_text(table(collected), encoding="utf-8")


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a page of docs."""
    documents = sum(isinstance(one.result, Document) for one in outcomes)
    return "\n".join(
        [
            "# What became of each file",
            "",
            "Made by `make reading DOCUMENTS=folder`: default limits, each file in a fresh",
            "process, whose start is in the seconds.",
            "Why a file is refused: [reading.md](reading.md).",
            "",
            f"{len(outcomes)} files: {documents} read, {len(outcomes) - documents} refused.",
            "",
            "| file | media type | outcome | sentences | pages | seconds | peak MiB |",
            "|---|---|---|---|---|---|---|",
            *(one.row() for one in sorted(outcomes, key=lambda one: one.source.uri)),
            "",
        ]
    )


@pytest.mark.timeout(LIMITS.seconds * 3)
@pytest.mark.parametrize("source", _SOURCES, ids=lambda source: source.uri)
def test_it_is_read_or_refused_within_the_limits(source: Source, outcomes: list[Outcome]) -> None:
    """A document with text or a reason with its mend; in time, within memory, none crashed."""
    one = read_alone(source)
    outcomes.append(one)
    assert one.seconds < LIMITS.seconds + 10
    assert one.peak < LIMITS.memory + LIMITS.file + 256 * _MIB
    if isinstance(one.result, Document):
        assert 0 < len(one.result.text) <= LIMITS.text
        assert one.result.structure.blocks
    else:
        assert str(one.result)
        assert one.result.reason is not Reason.CRASHED, str(one.result)
