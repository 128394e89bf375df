import json
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.allowance import LIMITS, Limits
from corpus.documents import Attributes, Block, BlockKind, Page, Structure
from corpus.errors import Reason, UnreadableError
from corpus.parsing import Parsed
from corpus.readers import Format
from corpus.readers.content import Content
from corpus.wire import (
    Answer,
    Request,
    answer_message,
    receive_answer,
    receive_request,
    request_message,
)

_ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_SMALL = Limits(text=64 * 16)


def exactly(data: bytes) -> Callable[[int], bytes]:
    """Receive from `data` as from a socket; no more is asked for than a small limit allows."""
    stream = BytesIO(data)

    def receive(length: int) -> bytes:
        assert length <= 2**21
        found = stream.read(length)
        if len(found) < length:
            raise EOFError
        return found

    return receive


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """Any content that a reader may give."""
    text = draw(_ANY_TEXT)
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    kinds = st.sampled_from(BlockKind)
    blocks = tuple(
        Block(draw(kinds), start, end, draw(st.integers(0, 6)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    )
    turns = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pages = tuple(
        Page(draw(st.integers(1, 2**31)), draw(_ANY_TEXT), start, end)
        for start, end in zip(turns, [*turns[1:], len(text)], strict=False)
    )
    attributes = draw(
        st.builds(
            Attributes,
            language=st.none() | _ANY_TEXT,
            audience=st.none() | _ANY_TEXT,
            last_reviewed=st.none() | st.dates(),
            next_review_due=st.none() | st.dates(),
        )
    )
    title = draw(st.none() | _ANY_TEXT.filter(bool))
    return Content(title, text, Structure(blocks, pages), attributes)


def is_sound(content: Content) -> bool:
    """Tell whether every offset of a content is inside its text and in order."""
    length = len(content.text)
    end = 0
    for block in content.structure.blocks:
        if not end <= block.start < block.end <= length or not 0 <= block.level <= 6:
            return False
        end = block.end
    starts = [page.start for page in content.structure.pages]
    return starts == sorted(starts) and all(
        page.start <= page.end <= length and page.number >= 1 for page in content.structure.pages
    )


@given(contents())
def test_content_arrives_as_it_was(content: Content) -> None:
    """Every title, text, block, page and attribute that a reader may give is received equal."""
    answer = Answer(Parsed("text/plain", content), 12, last=True)
    assert receive_answer(exactly(b"".join(answer_message(answer))), LIMITS) == answer


@given(contents(), st.data())
def test_a_falsified_answer_is_refused_or_sound(content: Content, data: st.DataObject) -> None:
    """With any bytes changed, cut off or put in, what is received is sound or refused."""
    message = b"".join(answer_message(Answer(Parsed("text/plain", content), 12, last=False)))
    start = data.draw(st.integers(0, len(message)))
    end = data.draw(st.integers(start, min(len(message), start + 8)))
    changed = message[:start] + data.draw(st.binary(max_size=8)) + message[end:]
    try:
        answer = receive_answer(exactly(changed), _SMALL)
    except (ValueError, EOFError):
        return
    if isinstance(answer.outcome, Parsed):
        assert is_sound(answer.outcome.content)


@given(st.binary(), st.binary(max_size=64))
def test_any_bytes_are_refused(head: bytes, body: bytes) -> None:
    """What is no answer gives ValueError or EOFError, nothing else."""
    message = struct.pack("=QQ", len(head), len(body)) + head + body
    for data in (head, message):
        with pytest.raises((ValueError, EOFError)):
            receive_answer(exactly(data), _SMALL)


_VALID = {
    "peak": 1,
    "last": False,
    "media_type": "text/plain",
    "blocks": 0,
    "pages": 0,
    "title": None,
    "attributes": {
        "language": None,
        "audience": None,
        "last_reviewed": None,
        "next_review_due": None,
    },
}


def received(head: object, body: bytes = b"Rest.") -> Answer:
    """Receive an answer of this head and body."""
    encoded = json.dumps(head).encode()
    message = struct.pack("=QQ", len(encoded), len(body)) + encoded + body
    return receive_answer(exactly(message), _SMALL)


@pytest.mark.parametrize(
    "change",
    [
        {"peak": True},
        {"peak": None},
        {"last": 1},
        {"media_type": 7},
        {"blocks": -1},
        {"blocks": 65},
        {"blocks": 1},
        {"blocks": 2**70},
        {"pages": "1"},
        {"pages": 65},
        {"title": 6},
        {"title": 0},
        {"title": -1},
        {"title": "Rest"},
        {"attributes": []},
        {"attributes": {}},
        {"attributes": {**_VALID["attributes"], "pickle": ""}},  # type: ignore[dict-item]
        {"attributes": {**_VALID["attributes"], "language": ["en"]}},  # type: ignore[dict-item]
        {"attributes": {**_VALID["attributes"], "last_reviewed": "soon"}},  # type: ignore[dict-item]
        {"reason": "bored", "message": "I am"},
        {"reason": "damaged", "message": 7},
        {"reason": "damaged", "message": "with a body"},
    ],
)
def test_each_field_is_checked(change: dict[str, object]) -> None:
    """One field that cannot be, and the whole answer is refused."""
    assert isinstance(received(_VALID).outcome, Parsed)
    with pytest.raises(ValueError, match=r"."):
        received(_VALID | change)


@pytest.mark.parametrize("head", [[], "peak", 7, None, [[[]]]])
def test_a_head_of_another_form_is_refused(head: object) -> None:
    """A head is an object, or the answer is refused."""
    with pytest.raises(ValueError, match="its peak"):
        received(head)


def test_a_nested_head_is_refused() -> None:
    """JSON nested a hundred thousand deep is refused, not a crash of ours."""
    head = b"[" * 100_000
    with pytest.raises(ValueError, match=r"."):
        receive_answer(exactly(struct.pack("=QQ", len(head), 0) + head), _SMALL)


@pytest.mark.parametrize("lengths", [(2**40, 0), (2**64 - 1, 2**64 - 1), (2**20 + 1, 0)])
def test_a_length_does_not_make_us_take_memory(lengths: tuple[int, int]) -> None:
    """An answer that claims to be huge is refused before anything is received."""
    with pytest.raises(ValueError, match="too long"):
        receive_answer(exactly(struct.pack("=QQ", *lengths)), _SMALL)
    head = json.dumps(_VALID).encode()
    with pytest.raises(ValueError, match="too long"):
        receive_answer(exactly(struct.pack("=QQ", len(head), 2**40) + head), _SMALL)


def test_a_fault_arrives_with_its_reason() -> None:
    """Reason and message are received as they were raised."""
    answer = Answer(UnreadableError(Reason.ENCRYPTED, "give its password"), 5, last=False)
    outcome = receive_answer(exactly(b"".join(answer_message(answer))), _SMALL).outcome
    assert isinstance(outcome, UnreadableError)
    assert (outcome.reason, str(outcome)) == (Reason.ENCRYPTED, "give its password")


def test_a_request_arrives_as_it_was() -> None:
    """File, type, reader and limits are received equal; the limit of size is the file's own."""
    limits = Limits(seconds=1.5, memory=7, text=8)
    request = Request(b"\x00\xff" * 999, "text/plain", Format("module:read", 3), limits)
    got = receive_request(exactly(b"".join(request_message(request))))
    assert got == replace(request, limits=replace(limits, file=len(request.data)))


def test_dates_stay_dates() -> None:
    """A date of review is received as a date, a language as text."""
    said = Attributes("en", "patient", date(2026, 1, 31), date(2029, 1, 31))
    content = Content(None, "Rest.", Structure(()), said)
    answer = Answer(Parsed("text/plain", content), 1, last=False)
    outcome = receive_answer(exactly(b"".join(answer_message(answer))), _SMALL).outcome
    assert isinstance(outcome, Parsed)
    assert outcome.content.attributes == said
