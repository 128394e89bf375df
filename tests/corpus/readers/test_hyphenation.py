import pytest

from corpus.readers.hyphenation import Hyphenation

TEXTS = ["spasticity is well-known here", "the long term", "co-amoxiclav", "a broken exam-", "ple"]


@pytest.mark.parametrize(
    ("before", "after", "joined"),
    [
        ("spas-", "ticity eases", "spasticity eases"),  # the document has the word
        ("well-", "known", "well-known"),  # the document has it with its hyphen
        ("long-", "term use", "long-term use"),  # both halves are words
        ("exam-", "ple", "example"),  # halves of broken words are no words
        ("non-", "slip", "non-slip"),
        ("5-", "HT", "5-HT"),
        ("IgG-", "like", "IgG-like"),
        ("COVID-", "19", "COVID-19"),
        ("pre-", "and post-dose", "pre- and post-dose"),
        ("a dash -", "here", "a dash - here"),
        ("soft\u00ad", "ware", "software"),
        ("plain", "words", "plain words"),
        ("\u75c5\u4eba", "\u6cbb\u7642", "\u75c5\u4eba\u6cbb\u7642"),
    ],
)
def test_lines_are_joined_as_they_were_meant(before: str, after: str, joined: str) -> None:
    """A hyphen goes only where it broke a word."""
    assert Hyphenation(TEXTS).joined(before, after) == joined
