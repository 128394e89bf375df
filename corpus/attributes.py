"""What a document says of itself: review dates, audience, language.

What its format declares is believed first. Review dates are also read from the visible text, from
lines that say nothing else ("Page last reviewed: 22 November 2023"); a sentence that happens to
speak of a review does not count. Where a text states two different days for one thing, it states
none: a wrong review date is worse than none. Published, updated or modified is not reviewed.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from enum import StrEnum

from corpus.dates import SHAPE, Order, Stated, order_in, stated
from corpus.documents import Attributes, BlockKind
from corpus.readers import MEDIA_TYPES
from corpus.readers.content import Content

_REVIEWED = (
    r"(?:(?:date|page|leaflet|document|content|information|this (?:page|leaflet|document)(?: was)?)"
    r" )?last (?:medically |clinically )?(?:reviewed|revised)(?: (?:on|in|date))?"
    r"|(?:this|the) (?:package )?leaflet was last (?:revised|approved) (?:on|in)"
    r"|(?:date )?(?:medically |clinically )?reviewed(?: (?:on|date))?"
    r"|date of (?:last|latest) (?:review|revision)|last (?:review|revision)(?: date)?"
    r"|date of revision of the text|(?:review|revision) completed"
)
_DUE = (
    r"(?:date of )?next (?:review|revision)(?: (?:date|due))?(?: (?:is|on|by|in))?"
    r"|(?:date )?(?:due|planned) for (?:review|revision)(?: (?:on|by|in))?"
    r"|review (?:due|by|due date|due by|before)|to be reviewed(?: (?:on|by|in))?"
)
_EITHER = r"review date"
_LABELLED = re.compile(
    rf"(?:(?P<reviewed>{_REVIEWED})|(?P<due>{_DUE})|(?P<either>{_EITHER}))"
    rf"\s*[:|\u2013\u2014-]?\s*(?P<date>{SHAPE})(?![\w/])",
    re.IGNORECASE,
)
# What may stand beside a review date on its line: nothing but a full stop, a mark that parts, and
# what else an imprint states, as "Version 3" or "Date of issue: May 2023".
_BESIDE = re.compile(
    r"[\s.,;|/()\u2022\u00b7\u2013\u2014-]*(?:(?:version|ref(?:erence)?|leaflet|code|issue|"
    r"issued|date of issue|published|produced|created|updated|last updated|approved)\b"
    r"[^.!?]{0,60})?[\s.,;|/()\u2022\u00b7\u2013\u2014-]*",
    re.IGNORECASE,
)
# "This leaflet was last revised in 03/2024." says it as a sentence wherever it stands.
_SENTENCE = re.compile(
    r"(?:This|The) (?:package )?leaflet was last (?:revised|approved|reviewed) (?:on|in) "
    rf"(?P<date>{SHAPE})(?![\w/])"
)
_HEADED = re.compile(
    r"(?:\d{1,2}\.?\s+)?(?:date of (?:last |first )?revision of the text"
    r"|date of (?:last|latest) (?:review|revision)|(?:page )?last (?:reviewed|revised)"
    r"|(?P<due>next review(?: due| date)?|review due(?: date)?))\s*:?",
    re.IGNORECASE,
)
_LONGEST_LINE = 300
FILLED_IN = frozenset(MEDIA_TYPES[ending] for ending in (".docx", ".odt", ".rtf", ".pdf"))
"""Formats whose programs declare the language of the program where the author chose none."""

_YEARS = range(1990, 2101)


class ReviewStatus(StrEnum):
    """Whether a document's review is still to come."""

    CURRENT = "current"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"


def review_status(attributes: Attributes, today: date) -> ReviewStatus:
    """Return whether the next review was due before `today`; unknown where no day is stated."""
    due = attributes.next_review_due
    if due is None:
        return ReviewStatus.UNKNOWN
    return ReviewStatus.OVERDUE if due < today else ReviewStatus.CURRENT


def attributes_of(content: Content, media_type: str) -> Attributes:
    """Return what a content declares, completed by the review dates that its text states.

    The language is left as declared: see `languages.language_of`.
    """
    said = content.attributes
    order = order_in(said.language)
    american = order == "month first"
    if american and media_type in FILLED_IN:
        order = None  # "en-US" is how the programs come; nobody need have chosen it
    reviewed: set[date] = set()
    due: set[date] = set()
    for is_due, day in _review_dates(content, order, american=american):
        if is_due:
            due.add(day.last)
        else:
            reviewed.add(day.first)
    return replace(
        said,
        last_reviewed=said.last_reviewed or _only(reviewed),
        next_review_due=said.next_review_due or _only(due),
    )


def _only(days: set[date]) -> date | None:
    plausible = {day for day in days if day.year in _YEARS}
    return plausible.pop() if len(plausible) == 1 else None


def _review_dates(
    content: Content, order: Order | None, *, american: bool
) -> Iterator[tuple[bool, Stated]]:
    """Give the review dates that the text states, each with whether it is of the next review."""
    headed: re.Match[str] | None = None
    for block in content.structure.blocks:
        text = content.text[block.start : block.end]
        if headed and (day := stated(text.strip(" ."), order)):
            yield headed["due"] is not None, day
        short = len(text) <= _LONGEST_LINE
        headed = _HEADED.fullmatch(" ".join(text.split())) if short else None
        if block.kind is BlockKind.HEADING and headed:
            continue
        for match in _SENTENCE.finditer(text):
            if day := stated(match["date"], order):
                yield False, day
        for line in [text] if short else text.split("\n"):
            yield from _in_line(" ".join(line.split()), order, american=american)


def _in_line(line: str, order: Order | None, *, american: bool) -> Iterator[tuple[bool, Stated]]:
    """Give the review dates of a line that is made of nothing else."""
    if len(line) > _LONGEST_LINE:
        return
    matches = list(_LABELLED.finditer(line))
    edges = [0, *(edge for match in matches for edge in match.span()), len(line)]
    beside = [line[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    if not all(_BESIDE.fullmatch(text) for text in beside):
        return
    for match in matches:
        day = stated(match["date"], order)
        # "Review date" is the next one in Britain; Americans mean the last.
        if day is None or (match["either"] and (day.american or american)):
            continue
        yield match["reviewed"] is None, day
