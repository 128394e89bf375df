import pytest

from corpus.documents import Document
from corpus.errors import Reason, UnreadableError
from corpus.reading import document_from_bytes
from corpus.structure import Outline
from tests.corpus.samples import blocks


def lines(*written: str) -> Document:
    """Read JSON Lines."""
    return document_from_bytes("\n".join(written).encode(), "leaflets.jsonl", "application/jsonl")


def refused(*written: str) -> UnreadableError:
    """Return the fault that reading raises."""
    with pytest.raises(UnreadableError) as caught:
        lines(*written)
    return caught.value


def test_each_text_is_a_section_under_its_title() -> None:
    """Titles are headings; headings and lists within a text stand below them."""
    document = lines(
        r'{"title": "Baclofen", "text": "Taking it\n\nTake it with food. Never stop.\n\n- one"}',
        "",
        '{"id": "tiz-1", "text": "It is short-acting."}',
        '{"text": "No name."}',
    )
    assert blocks(document) == [
        ("heading", "Baclofen"),
        ("heading", "Taking it"),
        ("paragraph", "Take it with food. Never stop."),
        ("item", "one"),
        ("heading", "tiz-1"),
        ("paragraph", "It is short-acting."),
        ("heading", "Line 4"),
        ("paragraph", "No name."),
    ]
    assert Outline(document).section(document.text.index("Never")) == ("Baclofen", "Taking it")


def test_texts_without_any_title_need_no_headings() -> None:
    """Where no object has a name there is nothing to tell apart."""
    assert blocks(lines('{"text": "One."}', '{"text": "Two."}')) == [
        ("paragraph", "One."),
        ("paragraph", "Two."),
    ]


def test_an_object_without_text_is_a_row() -> None:
    """Fields bring their names, those within others their paths; numbers stay as written."""
    row = '{"drug": "Baclofen", "dose": {"start": 2.50, "most": 1e2}, "ok": true, "x": null, '
    [(kind, text)] = blocks(lines(row + '"forms": ["tablet", "oral"], "steps": [{"mg": 5}]}'))
    assert kind == "row"
    assert text.split(" | ") == [
        *("drug: Baclofen", "dose / start: 2.50", "dose / most: 1e2", "ok: true"),
        *("forms: tablet, oral", "steps / 1 / mg: 5"),
    ]


@pytest.mark.parametrize(
    ("line", "reason", "said"),
    [
        ('{"text": "half', Reason.DAMAGED, "line 2 is no object"),
        ('["text"]', Reason.DAMAGED, "it is not an object"),
        ('{"dose": 5, "dose": 10}', Reason.DAMAGED, "one field twice"),
        ('{"text": 5}', Reason.DAMAGED, 'its "text" is not a string'),
        ('{"a":' * 100_000, Reason.TOO_DEEP, "line 2 nests too deeply"),
    ],
)
def test_a_bad_line_is_named(line: str, reason: Reason, said: str) -> None:
    """Nothing of a file with a faulty line is read, and the line is named by its number."""
    error = refused('{"text": "Good."}', line)
    assert error.reason is reason
    assert said in str(error)


def test_objects_without_words_have_no_text() -> None:
    """A file of empty texts is refused by that name."""
    assert refused('{"text": " "}').reason is Reason.NO_TEXT
