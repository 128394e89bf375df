"""Readers that misbehave, and processes that read with them."""

from collections.abc import Iterator

import pytest

from corpus.isolation import Workers
from corpus.readers import MEDIA_TYPES, READERS, Format
from tests.corpus import hostile
from tests.corpus.isolated.watched import children

_READERS = sorted(
    name
    for name, one in vars(hostile).items()
    if getattr(one, "__module__", "") == hostile.__name__
)


@pytest.fixture(autouse=True)
def _hostile_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every reader of `hostile` reads a media type and an ending of its own name."""
    for name in _READERS:
        monkeypatch.setitem(READERS, f"test/{name}", Format(f"tests.corpus.hostile:{name}", 1))
        monkeypatch.setitem(MEDIA_TYPES, f".{name}", f"test/{name}")


@pytest.fixture
def workers() -> Iterator[Workers]:
    """Return processes of the test's own; none is left after it."""
    before = children()
    with Workers(1) as opened:
        yield opened
    assert children() <= before
