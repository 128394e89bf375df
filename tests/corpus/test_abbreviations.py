import pytest

from corpus.abbreviations import tokenizer


@pytest.mark.parametrize("word", ["bed", "leg", "pen", "cancer", "hand", "rash", "sick", "week"])
def test_everyday_words_are_no_abbreviations(word: str) -> None:
    """The words that the library learned from law reports have no say here."""
    assert word not in tokenizer().abbreviations


def test_a_title_before_a_name_ends_no_sentence() -> None:
    """After a leading abbreviation a capital is a name."""
    assert list(tokenizer().tokenize("See Dr. Take at once.")) == ["See Dr. Take at once."]


def test_a_capital_after_a_dose_begins_a_sentence() -> None:
    """After a closing abbreviation a capital is a new sentence, whatever the word."""
    assert list(tokenizer().tokenize("Take it b.d. Baclofen helps.")) == [
        "Take it b.d.",
        "Baclofen helps.",
    ]


def test_after_other_abbreviations_the_next_word_decides() -> None:
    """A common first word begins a sentence, a name goes on with it."""
    assert list(tokenizer().tokenize("Made by Orrin Inc. The pack is blue.")) == [
        "Made by Orrin Inc.",
        "The pack is blue.",
    ]
    assert list(tokenizer().tokenize("Made by Orrin Inc. Exmere.")) == [
        "Made by Orrin Inc. Exmere."
    ]
