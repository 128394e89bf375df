import pytest

from service.links import document_url, sentence_url


def test_a_sentence_is_linked_by_element_and_text() -> None:
    """Commas, hyphens and ampersands are encoded: they have meanings in a text fragment."""
    quote = "MS spasticity, e.g. baclofen 5-10 mg & physio."
    assert sentence_url("ms-1a2b", 12, quote, unique=True) == (
        "/documents/ms-1a2b#s12:~:text="
        "MS%20spasticity%2C%20e.g.%20baclofen%205%2D10%20mg%20%26%20physio."
    )


def test_a_long_quote_is_linked_by_its_ends() -> None:
    """Above 300 characters the first and last five words stand for the whole."""
    quote = " ".join(f"word{number}" for number in range(60))
    assert sentence_url("a", 1, quote, unique=True) == (
        "/documents/a#s1:~:text=word0%20word1%20word2%20word3%20word4,"
        "word55%20word56%20word57%20word58%20word59"
    )


@pytest.mark.parametrize(
    ("quote", "unique"),
    [("Three short words", True), ("A sentence that stands there twice.", False)],
)
def test_what_a_browser_could_mistake_is_linked_by_element_alone(
    quote: str, *, unique: bool
) -> None:
    """A short or repeated quote has no text fragment."""
    assert sentence_url("a", 7, quote, unique=unique) == "/documents/a#s7"


def test_a_document_id_cannot_leave_its_place_in_the_address() -> None:
    """Whatever is in an id is encoded."""
    assert document_url("a/../b?c#d") == "/documents/a%2F..%2Fb%3Fc%23d"


def test_line_breaks_in_a_quote_are_spaces_in_its_link() -> None:
    """A browser matches text as it is shown, with white space run together."""
    assert sentence_url("a", 1, "Take one\n  tablet now.", unique=True).endswith(
        "text=Take%20one%20tablet%20now."
    )
