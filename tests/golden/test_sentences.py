from pathlib import Path

import pytest

from corpus.sentences import spans

TABLE = Path(__file__).with_name("sentences.txt")


def cases() -> list[pytest.ParameterSet]:
    """Read the table; a line that begins with "? " is one that we still fail."""
    table = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("? "):
            reason, _, marked = line.removeprefix("? ").partition(": ")
            table.append(pytest.param(marked, marks=pytest.mark.xfail(reason=reason, strict=True)))
        else:
            table.append(pytest.param(line))
    return table


@pytest.mark.parametrize("marked", cases())
def test_sentences_end_where_the_table_says(marked: str) -> None:
    """A line of the table, without its bars, is parted exactly at its bars."""
    text = marked.replace(" | ", " ").replace("|", "")
    expected = [sentence.strip() for sentence in marked.split("|")]
    assert [text[span.start : span.end] for span in spans(text)] == expected


def test_the_table_is_large_and_has_no_case_twice() -> None:
    """At least a hundred cases, each of them once."""
    marked = [case.values[0] for case in cases()]
    assert len(marked) == len(set(marked)) >= 100
