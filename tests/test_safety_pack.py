"""The clinical-safety pack says what is so: every control and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from service.pages.words import ENGLISH

_ROOT = Path(__file__).parents[1]
_PACK = _ROOT / "docs" / "clinical-safety"
_LOG = (_PACK / "hazard-log.md").read_text(encoding="utf-8")
_FIELDS = ("Cause", "Harm", "Control", "Left to the site")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_FILE = re.compile(r"`([\w./-]+/[\w./-]+\.[a-z]+|[\w./-]+/[A-Z]\w+)`")


def _hazards() -> dict[str, dict[str, str]]:
    """Return the lines of each hazard by the word that begins them."""
    parts = re.split(r"^### (H\d+) .+$", _LOG, flags=re.MULTILINE)[1:]
    return {
        number: dict(re.findall(r"^- \*\*([\w ]+):\*\* (.+)$", body, re.MULTILINE))
        for number, body in zip(parts[::2], parts[1::2], strict=True)
    }


HAZARDS = _hazards()


@cache
def _tests_in(file: str) -> frozenset[str]:
    tree = ast.parse((_ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_hazards_are_numbered_without_a_gap() -> None:
    """A hazard that was dealt with keeps its number, and none is used twice."""
    found = re.findall(r"^### (H\d+) ", _LOG, re.MULTILINE)
    assert found == [f"H{number}" for number in range(1, len(found) + 1)]
    assert len(found) >= 14


@pytest.mark.parametrize("number", HAZARDS)
def test_every_hazard_has_a_control_and_a_test_or_says_that_it_is_open(number: str) -> None:
    """Cause, harm, a control in a file of the project, what is left; a test, or an open point."""
    hazard = HAZARDS[number]
    assert [name for name in _FIELDS if not hazard.get(name)] == []
    assert _FILE.search(hazard["Control"])
    assert _TEST.search(hazard.get("Test", "")) or hazard.get("Open")
    assert set(hazard) <= {*_FIELDS, "Test", "Open"}


@pytest.mark.parametrize("number", HAZARDS)
def test_what_a_hazard_names_exists(number: str) -> None:
    """Each test, each file and each sentence of the pages, as it is named."""
    hazard = HAZARDS[number]
    named = _TEST.findall(hazard.get("Test", ""))
    assert len(named) == hazard.get("Test", "").count("`") / 2
    for file, test in named:
        assert test in _tests_in(file), f"{file}::{test}"
    for file in _FILE.findall(hazard["Control"]):
        assert (_ROOT / file).is_file(), file
    for said in re.findall(r"“(.+?)”", hazard["Control"]):
        assert said in repr(ENGLISH), said


def test_the_intended_use_is_said_in_one_sentence() -> None:
    """The words that everything else is held against stand at the head of the page."""
    text = (_PACK / "intended-use.md").read_text(encoding="utf-8")
    words = "finds and quotes approved leaflets. It gives no advice about an individual."
    assert f"> Pincite {words}\n" in text
