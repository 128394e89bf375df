"""What a format's own fields declare of a document: front matter, a page's head, properties."""

import re
from collections.abc import Iterable

from corpus.dates import order_in, stated
from corpus.documents import Attributes
from corpus.language_tag import language_tag

# "modified", "updated" and "published" are not here: none of them is a review.
_LANGUAGE = ("language", "lang", "content_language")
_AUDIENCE = ("audience", "dcterms_audience", "dc_audience")
_REVIEWED = ("last_reviewed", "last_reviewed_date", "date_last_reviewed", "lastreviewed")
_DUE = ("next_review_due", "next_review", "next_review_date", "review_due", "review_due_date")
_LONGEST_AUDIENCE = 60


def declared(fields: Iterable[tuple[str, str]]) -> Attributes:
    """Return what named fields declare; of several with one name, the first that says anything.

    Case does not matter in names, and "-", "." and a space stand for "_". A month stands for its
    first day in `last_reviewed` and for its last in `next_review_due`; a day that could be another
    (03/04/2024) counts only where the declared language settles it.
    """
    known: dict[str, str] = {}
    for name, value in fields:
        if value.strip():
            known.setdefault(re.sub(r"[-.:\s]+", "_", name.strip().lower()), value.strip())
    language = language_tag(_first(known, _LANGUAGE))
    order = order_in(language)
    reviewed = stated(_first(known, _REVIEWED), order)
    due = stated(_first(known, _DUE), order)
    audience = " ".join(_first(known, _AUDIENCE).lower().split())
    return Attributes(
        language=language,
        audience=audience if 0 < len(audience) <= _LONGEST_AUDIENCE else None,
        last_reviewed=reviewed.first if reviewed else None,
        next_review_due=due.last if due else None,
    )


def _first(known: dict[str, str], names: Iterable[str]) -> str:
    return next((known[name] for name in names if name in known), "")
