import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.documents import Span
from corpus.normalize import canonical
from evaluation.anchors import Anchors


@pytest.mark.parametrize(
    ("source", "piece", "expected"),
    [
        ("plain text", "text", "text"),
        ("one\r\ntwo\r\nthree", "three", "three"),
        ("one\r\ntwo", "one\r\n", "one\n"),
        ("spas\u00adticity hurts", "spas\u00adticity", "spasticity"),
        ("spas\u00adticity hurts", "hurts", "hurts"),
        ("\ufeffstart here", "here", "here"),
        ("cafe\u0301 au lait", "cafe\u0301", "caf\u00e9"),
        ("cafe\u0301 au lait", "au", "au"),
        ("cafe\u0301 au lait", "\u0301", "\u00e9"),
        ("cafe\u0301 au lait", "cafe", "caf\u00e9"),
        ("dose \U0001d7d9 mg\r\ndaily", "daily", "daily"),
    ],
)
def test_a_span_keeps_its_words(source: str, piece: str, expected: str) -> None:
    """A span carried over to the canonical text reads there as the canonical piece."""
    anchors = Anchors(source)
    start = source.index(piece)
    span = anchors.span(start, start + len(piece))
    assert anchors.text[span.start : span.end] == expected


def test_a_span_of_nothing_visible_is_empty() -> None:
    """Of a lone soft hyphen nothing is left."""
    assert Anchors("a\u00adb").span(1, 2) == Span(1, 1)


_TEXTS = st.text(st.sampled_from("ab .\r\n\u00ad\u0301e\u0323\ufeffA\u030a\u1100\u1161"))


@given(_TEXTS, st.data())
def test_a_span_loses_nothing(source: str, data: st.DataObject) -> None:
    """A carried span holds at least as much as its piece alone, and lies inside the text."""
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    anchors = Anchors(source)
    span = anchors.span(start, end)
    assert 0 <= span.start <= span.end <= len(anchors.text)
    before, after = anchors.text[: span.start], anchors.text[span.end :]
    assert canonical(source[:start]).startswith(before)
    assert len(canonical(source[end:])) >= len(after)


@given(_TEXTS)
def test_the_whole_stays_the_whole(source: str) -> None:
    """The span of the whole source is the whole canonical text."""
    anchors = Anchors(source)
    assert anchors.span(0, len(source)) == Span(0, len(anchors.text))
