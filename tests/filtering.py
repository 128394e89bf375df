"""Documents that say something of themselves, and filters over them, shared by several tests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from hypothesis import strategies as st

from corpus.documents import UNSAID, Attributes
from corpus.reading import document_from_bytes
from index.collection import Collection
from index.filters import AllOf, AnyOf, Compare, Filter, Key, Operator, values_of
from index.update import index_documents
from tests.building import makers

TODAY = date(2026, 11, 23)
AUDIENCES = (None, "patient", "staff")
LANGUAGES = (None, "en", "en-GB", "da", "enm")
DAYS = (None, date(2024, 2, 29), date(2026, 11, 22), TODAY, date(2027, 1, 1))
NAMES = ("a.txt", "b.txt", "c.md", "d.html")

ATTRIBUTES = st.builds(
    Attributes,
    language=st.sampled_from(LANGUAGES),
    audience=st.sampled_from(AUDIENCES),
    last_reviewed=st.sampled_from(DAYS),
    next_review_due=st.sampled_from(DAYS),
)


def _texts(key: Key, *values: str) -> st.SearchStrategy[Filter]:
    return _comparisons(key, ("eq", "ne", "in", "nin"), values)


def _comparisons(
    key: Key, operators: tuple[Operator, ...], values: tuple[str, ...]
) -> st.SearchStrategy[Filter]:
    one = st.sampled_from(values)
    lists = st.lists(one, min_size=1, max_size=3)
    return st.sampled_from(operators).flatmap(
        lambda operator: (lists if operator in {"in", "nin"} else one).map(
            lambda value: compare(key, operator, value)
        )
    )


def compare(key: Key, operator: Operator, value: object) -> Compare:
    """Return one comparison."""
    return Compare(key, operator, values_of(key, operator, value))


_EVERY_OPERATOR: tuple[Operator, ...] = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
_ISO_DAYS = tuple(day.isoformat() for day in DAYS if day)
COMPARISONS = st.one_of(
    _texts("audience", "patient", "Staff", "nobody"),
    _texts("language", "en", "EN-gb", "da", "fr"),
    _texts("review_status", "current", "overdue", "unknown"),
    _texts("collection", "default", "other"),
    _texts("media_type", "text/plain", "Text/HTML"),
    _texts("title", *(name.partition(".")[0] for name in NAMES)),
    _texts("uri", *NAMES),
    _comparisons("last_reviewed", _EVERY_OPERATOR, _ISO_DAYS),
    _comparisons("next_review_due", _EVERY_OPERATOR, _ISO_DAYS),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.tuples(
        st.sampled_from((AllOf, AnyOf)), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda made: made[0](tuple(made[1]))),
    max_leaves=6,
)


@dataclass(frozen=True, slots=True)
class Leaflet:
    """A document to index: its text, and what it says of itself."""

    text: str
    attributes: Attributes = UNSAID


def held(
    home: Path, leaflets: Mapping[str, Leaflet], name: str = "default", engine: str = "exact:"
) -> Collection:
    """Return a collection of these documents, by their file names."""
    media = {".txt": "text/plain", ".md": "text/markdown", ".html": "text/html"}
    documents = [
        replace(
            document_from_bytes(one.text.encode(), uri, media[Path(uri).suffix]),
            attributes=one.attributes,
        )
        for uri, one in sorted(leaflets.items())
    ]
    collection = Collection(home, name)
    index_documents(collection, documents, makers(engine=engine))
    return collection
