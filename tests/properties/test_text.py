import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from corpus.dedup import exact_key, near_key, passages
from corpus.documents import BlockKind, Document, Sentence, Span, Structure, document_id
from corpus.errors import UnreadableError
from corpus.normalize import canonical
from corpus.reading import document_from_bytes
from corpus.sentences import sentences

FRAGMENTS = """
    Take the tablet 5 10 2.5 mg ml b.d. MS. No not e.g. Dr. 3-6 Spasticity pain? Rest! - • 1. (see
    p. 12) “No.” don't left right # ## --- | * <b> </p> <br> <li> <td> &amp; é 🙂 [1] :
"""
PLAIN_WORDS = "Take the tablet 5 10 mg ml not no left right don't is safe now A US us"
WORDS = st.sampled_from(FRAGMENTS.split())
GAPS = st.sampled_from([" ", " ", " ", "\n", "\n\n", "\r\n", "  ", "\t", ""])
LEAFLETS = st.lists(st.tuples(WORDS, GAPS)).map(lambda parts: "".join(map("".join, parts)))
TEXTS = LEAFLETS | st.text() | st.text(alphabet="aB1. \n\r-•!?\u00ad\u0301\u2028<>|#*[]()\"'")
MEDIA = ["text/plain", "text/markdown", "text/html"]
PLAIN_SENTENCES = st.lists(
    st.sampled_from(PLAIN_WORDS.split()),
    min_size=1,
    max_size=6,
).map(" ".join)


def read(text: str, media_type: str) -> Document:
    """Read a text that can be read; Hypothesis looks for another where it cannot."""
    try:
        return document_from_bytes(text.encode("utf-8", "replace"), "a.txt", media_type)
    except UnreadableError:
        assume(False)
        raise


def collection(texts: list[str]) -> tuple[dict[str, Document], list[Sentence]]:
    """Return documents of one sentence each."""
    documents = {}
    found = []
    for number, text in enumerate(texts):
        name = f"d{number}"
        documents[name] = Document(name, name, name, "text/plain", text, Structure(()), "")
        span = Span(0, len(text))
        found.append(Sentence(name, 1, 0, len(text), BlockKind.PARAGRAPH, span))
    return documents, found


@given(st.text() | TEXTS)
def test_canonical_text_is_canonical(text: str) -> None:
    """Canonical text is NFC, its lines end in line feeds, and a second time changes nothing."""
    once = canonical(text)
    assert canonical(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert len(once.split("\n")) == max(
        len(once.splitlines()), once.endswith("\n") + len(once.splitlines()), 1
    )
    assert not set(once) & set("\r\x00\x0b\x0c\x85\u2028\u2029\ufeff\u00ad")


@pytest.mark.parametrize("media_type", MEDIA)
@given(text=TEXTS)
def test_blocks_are_sorted_and_apart_and_within_the_text(media_type: str, text: str) -> None:
    """Every block is a stretch of the text that begins after the last one ended."""
    document = read(text, media_type)
    at = 0
    for block in document.structure.blocks:
        assert at <= block.start < block.end <= len(document.text)
        at = block.end
    assert canonical(document.text) == document.text


@pytest.mark.parametrize("media_type", MEDIA)
@given(text=TEXTS)
def test_sentences_are_apart_and_each_within_one_block(media_type: str, text: str) -> None:
    """Sentences come in order, do not overlap, and have no white space around them."""
    document = read(text, media_type)
    at = 0
    for ordinal, one in enumerate(sentences(document), start=1):
        quote = document.text[one.start : one.end]
        assert one.ordinal == ordinal
        assert at <= one.start < one.end
        assert quote == quote.strip() != ""
        assert any(
            block.start <= one.start and one.end <= block.end and block.kind is one.kind
            for block in document.structure.blocks
        )
        assert one.paragraph.start <= one.start
        assert one.end <= one.paragraph.end
        at = one.end


@pytest.mark.parametrize("media_type", MEDIA)
@given(text=TEXTS)
def test_no_letter_or_digit_of_a_block_disappears(media_type: str, text: str) -> None:
    """Every letter and digit of every block is inside some sentence."""
    document = read(text, media_type)
    covered = {at for one in sentences(document) for at in range(one.start, one.end)}
    for block in document.structure.blocks:
        for at in range(block.start, block.end):
            assert at in covered or not document.text[at].isalnum()


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "Zs", "P"])))
def test_no_letter_of_a_plain_text_is_outside_its_blocks(text: str) -> None:
    """But for the marks of lists, all words of a plain text are in its blocks."""
    document = read(text, "text/plain")
    covered = {at for block in document.structure.blocks for at in range(block.start, block.end)}
    outside = "".join(" " if at in covered else sign for at, sign in enumerate(document.text))
    assert all(re.fullmatch(r"\W*(?:\d{1,3}|[a-z])?\W*", line) for line in outside.split("\n"))


@pytest.mark.parametrize("media_type", MEDIA)
@given(text=TEXTS)
def test_reading_twice_gives_equal_values(media_type: str, text: str) -> None:
    """A document and its sentences depend on the bytes and the uri alone."""
    one, other = read(text, media_type), read(text, media_type)
    assert one == other
    assert sentences(one) == sentences(other)


@given(st.binary(), st.sampled_from(MEDIA))
def test_any_bytes_are_read_or_refused(data: bytes, media_type: str) -> None:
    """A reader gives a document or says why not; nothing else is raised."""
    try:
        document = document_from_bytes(data, "a.txt", media_type)
    except UnreadableError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert sentences(document)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_ids_are_stable_and_safe_in_a_url(uri: str) -> None:
    """An id is made of lower-case ASCII letters, digits and hyphens."""
    assert document_id(uri) == document_id(uri)
    assert re.fullmatch(r"[a-z0-9-]{1,59}", document_id(uri))


@given(st.lists(PLAIN_SENTENCES, max_size=12), st.randoms(use_true_random=False))
def test_merging_does_not_depend_on_the_order(texts: list[str], random: object) -> None:
    """In whatever order sentences come, the same ones are merged."""

    def groups(order: list[str]) -> set[frozenset[str]]:
        documents, found = collection(order)
        return {
            frozenset(documents[place.sentence.document_id].text for place in one.places)
            for one in passages(documents, found)
        }

    shuffle: Callable[[list[str]], None] = random.shuffle  # type: ignore[attr-defined]  # hypothesis types it as object here
    shuffled = list(texts)
    shuffle(shuffled)
    assert groups(texts) == groups(shuffled)


@given(st.lists(PLAIN_SENTENCES | st.text(min_size=1), max_size=12))
def test_every_sentence_is_a_place_of_one_passage(texts: list[str]) -> None:
    """Nothing is lost and nothing is counted twice; a passage reads as its first place."""
    documents, found = collection(texts)
    merged = passages(documents, found)
    placed = [place.sentence for one in merged for place in one.places]
    assert sorted(placed, key=found.index) == found
    assert len(placed) == len(found)
    assert len({one.passage_id for one in merged}) == len(merged)
    for one in merged:
        assert one.text == documents[one.places[0].sentence.document_id].text
        assert all((place.kind == "exact") == (place.similarity == 1.0) for place in one.places)


@given(st.text())
def test_exact_duplicates_are_near_duplicates(text: str) -> None:
    """The near key is made of the exact one."""
    variant = text.replace("'", "\u2019").replace("-", "\u2013").replace(" ", " \n")
    assert exact_key(variant) == exact_key(text)
    assert near_key(variant) == near_key(text)


@given(PLAIN_SENTENCES, st.integers(0, 9), st.integers(0, 9), st.data())
def test_a_digit_is_always_part_of_the_key(
    text: str, one: int, other: int, data: st.DataObject
) -> None:
    """A sentence with another digit, or one digit more, is another sentence."""
    at = data.draw(st.integers(0, len(text)))
    with_one = f"{text[:at]}{one}{text[at:]}"
    assert near_key(with_one) != near_key(text)
    if one != other:
        assert near_key(with_one) != near_key(f"{text[:at]}{other}{text[at:]}")


@given(PLAIN_SENTENCES, st.sampled_from(["not", "no", "never", "without"]), st.data())
def test_a_negation_is_always_part_of_the_key(
    text: str, negation: str, data: st.DataObject
) -> None:
    """A sentence with one negation more is another sentence."""
    words = text.split()
    at = data.draw(st.integers(0, len(words)))
    assert near_key(" ".join([*words[:at], negation, *words[at:]])) != near_key(text)


UNITS = st.sampled_from(
    ["mg", "mcg", "μg", "g", "ml", "mL", "l", "mmol", "%", "°C", "°F", "h", "min"]
)


@given(PLAIN_SENTENCES, st.integers(0, 500), UNITS, UNITS)
def test_a_unit_is_always_part_of_the_key(text: str, number: int, one: str, other: str) -> None:
    """The same number of another unit is another dose."""
    if one != other:
        assert near_key(f"{text} {number} {one}.") != near_key(f"{text} {number} {other}.")
