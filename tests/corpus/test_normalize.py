import pytest

from corpus.normalize import canonical


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f\x1cg", "a\nb\nc\nd\ne\nf\ng"),
        ("cafe\u0301", "caf\u00e9"),
        ("\ufeffspas\u00adtic\u200bity\u2060", "spasticity"),
        ("a\x00b\x07c\x7fd\x9fe", "a b c d e"),
        ("a\ud800b", "a\ufffdb"),
        ("5\u00b5g, 25\u00a0\u00b0C, m\u00b2", "5\u00b5g, 25\u00a0\u00b0C, m\u00b2"),
        ("👩\u200d⚕\ufe0f", "👩\u200d⚕\ufe0f"),  # a joined emoji stays one
        ("a\tb  c", "a\tb  c"),
        ("", ""),
    ],
)
def test_canonical_text_has_one_spelling(given: str, expected: str) -> None:
    """Line ends are one, accents composed, invisible and control characters gone; no more."""
    assert canonical(given) == expected
    assert canonical(expected) == expected
