import re

import pytest

from corpus.documents import Span, document_id


def test_a_documents_id_is_the_same_at_every_reading() -> None:
    """An id depends on nothing but the uri; these two were written down when it was made."""
    assert document_id("leaflets/MS spasticity.txt") == "ms-spasticity-883dc72f1c"
    assert document_id("https://clinic.example/a?b=1") == "a-b-1-0995df1466"


@pytest.mark.parametrize(
    "uri", ["", "/", ".txt", "日本語.txt", "a b&c=d?.txt", "é" * 300, "\ufffd.txt", "..", "a/../b"]
)
def test_an_id_is_safe_in_a_url(uri: str) -> None:
    """An id has only lower-case ASCII letters, digits and hyphens, and is short."""
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,58}", document_id(uri))


def test_files_of_one_name_in_two_folders_have_two_ids() -> None:
    """The whole uri decides the id, not the file's name alone."""
    assert document_id("a/leaflet.txt") != document_id("b/leaflet.txt")


def test_spans_sort_by_their_place_in_the_text() -> None:
    """Spans are ordered by start, then by end."""
    assert sorted([Span(5, 9), Span(1, 9), Span(1, 4)]) == [Span(1, 4), Span(1, 9), Span(5, 9)]
