import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers import markdown_text
from tests.corpus.samples import blocks, markdown, quotes


def test_front_matter_gives_the_title_and_no_sentence() -> None:
    """What stands between the first rules is about the document, not in it."""
    document = markdown(
        "---\ntitle: 'Living with MS'\ntags:\n  - ms\n# note\nreview: 2026-01-02\n---\n"
        "\nRest first.\n"
    )
    assert document.title == "Living with MS"
    assert document.text == "Rest first."


@pytest.mark.parametrize(
    "text", ["---\n\nRest first.\n\n---\n", "---\nRest first. Then walk.\n\n---\n\nMore.\n"]
)
def test_a_rule_at_the_top_is_not_front_matter(text: str) -> None:
    """Prose under a rule stays in the document."""
    assert "Rest first." in quotes(markdown(text))


def test_marks_vanish_and_words_stay() -> None:
    """Emphasis, links, reference links and code are read as they look."""
    document = markdown(
        "Take *one* **tablet** of `baclofen`, [as told][1] by [us](https://a.example).\n\n"
        "[1]: https://b.example 'Title'\n"
    )
    assert document.text == "Take one tablet of baclofen, as told by us."


def test_setext_headings_are_headings() -> None:
    """Underlined lines count as those with number signs."""
    document = markdown("Dose\n====\n\nNight\n-----\n\n### Late ###\n")
    assert [(block.level) for block in document.structure.blocks] == [1, 2, 3]
    assert document.title == "Dose"


def test_tables_and_nested_lists_and_code_are_blocks() -> None:
    """Each row, item and verbatim text is a block, however deep."""
    document = markdown(
        "| Drug | Dose |\n|---|---|\n| Baclofen | 5 mg |\n\n"
        "1. one\n   - inner\n     1. innermost\n2. two\n\n```python\nx = 1\n\ny = 2\n```\n"
    )
    assert blocks(document) == [
        ("row", "Drug | Dose"),
        ("row", "Baclofen | 5 mg"),
        ("item", "one"),
        ("item", "inner"),
        ("item", "innermost"),
        ("item", "two"),
        ("verbatim", "x = 1\n\ny = 2"),
    ]


def test_raw_html_is_read_as_html() -> None:
    """Markup within Markdown shows its text; its scripts do not."""
    document = markdown("<div>Rest <b>first</b>.</div>\n\n<script>alert('no')</script>\n\nWalk.\n")
    assert quotes(document) == ["Rest first.", "Walk."]


def test_lists_nested_thirty_deep_lose_nothing() -> None:
    """Nothing is left out for being deep."""
    document = markdown("".join(f"{'  ' * depth}- item {depth}\n" for depth in range(30)))
    assert quotes(document) == [f"item {depth}" for depth in range(30)]


def test_what_is_nested_past_all_reading_is_refused() -> None:
    """Where the stack ends the document is refused, not shortened."""
    with pytest.raises(UnreadableError) as caught:
        markdown_text.read(b"> " * 5_000 + b"deep")
    assert caught.value.reason is Reason.TOO_DEEP
