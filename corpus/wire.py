"""What the reading process and its parent say to one another: data only, checked by the parent.

Each message is two lengths, a head in JSON, and a body. The body of a request is the file; that of
an answer is the numbers of its blocks and pages, then title, labels of pages and text. Who answers
has just handled a file that may be hostile: nothing in an answer is believed before it is checked,
nothing in it becomes code, and no length in it makes the parent take more than the limits allow.
"""

import json
import struct
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from itertools import chain, pairwise
from typing import TypeVar, get_type_hints

from corpus.allowance import Limits
from corpus.documents import Attributes, Block, BlockKind, Page, Structure
from corpus.errors import Reason, UnreadableError
from corpus.parsing import Parsed
from corpus.readers import Format
from corpus.readers.content import Content

Exactly = Callable[[int], bytes | bytearray]
"""Receives exactly so many bytes; EOFError where fewer come."""

_LENGTHS = struct.Struct("=QQ")
_MOST_HEAD = 1024 * 1024
_MOST_MESSAGE = 2_000
_BLOCK_NUMBERS = 4  # kind, start, end, level
_PAGE_NUMBERS = 4  # number, length of the label, start, end
_T = TypeVar("_T")
_KINDS = tuple(BlockKind)
_ATTRIBUTES = get_type_hints(Attributes)


@dataclass(frozen=True, slots=True)
class Request:
    """One file to be read: its bytes, its media type and the reader of that, and the limits."""

    data: bytes
    media_type: str
    format: Format
    limits: Limits


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: the content, or why there is none.

    `peak` is the most memory that the process has held so far, in bytes; after the `last` answer
    it takes no more files.
    """

    outcome: Parsed | UnreadableError
    peak: int
    last: bool


def request_message(request: Request) -> tuple[bytes, bytes]:
    """Return a request as head (with the lengths) and body."""
    limits = request.limits
    return _message(
        {
            "media_type": request.media_type,
            "reader": request.format.reader,
            "version": request.format.version,
            "seconds": limits.seconds,
            "memory": limits.memory,
            "text": limits.text,
        },
        request.data,
    )


def receive_request(exactly: Exactly) -> Request:
    """Receive a request; EOFError where no more will come. The parent is believed."""
    head_length, length = _LENGTHS.unpack(exactly(_LENGTHS.size))
    head = json.loads(exactly(head_length))
    limits = Limits(length, head["seconds"], head["memory"], head["text"])
    named = Format(head["reader"], head["version"])
    return Request(bytes(exactly(length)), head["media_type"], named, limits)


def answer_message(answer: Answer) -> tuple[bytes, bytes]:
    """Return an answer as head (with the lengths) and body.

    Raises ValueError (UnicodeEncodeError, OverflowError among others) for content that is none.
    """
    head: dict[str, object] = {"peak": answer.peak, "last": answer.last}
    if isinstance(answer.outcome, UnreadableError):
        head |= {"reason": answer.outcome.reason, "message": str(answer.outcome)[:_MOST_MESSAGE]}
        return _message(head, b"")
    content = answer.outcome.content
    blocks, pages = content.structure.blocks, content.structure.pages
    numbers = array(
        "I",
        chain(
            chain.from_iterable(
                (_KINDS.index(one.kind), one.start, one.end, one.level) for one in blocks
            ),
            chain.from_iterable((one.number, len(one.label), one.start, one.end) for one in pages),
        ),
    )
    said = {field.name: getattr(content.attributes, field.name) for field in fields(Attributes)}
    head |= {
        "media_type": answer.outcome.media_type,
        "blocks": len(blocks),
        "pages": len(pages),
        "title": None if content.title is None else len(content.title),
        "attributes": {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in said.items()
        },
    }
    texts = "".join((content.title or "", *(page.label for page in pages), content.text))
    return _message(head, numbers.tobytes() + texts.encode())


def receive_answer(exactly: Exactly, limits: Limits) -> Answer:
    """Receive an answer and check all of it; ValueError says what in it cannot be."""
    head_length, length = _LENGTHS.unpack(exactly(_LENGTHS.size))
    _require(head_length <= _MOST_HEAD, "its head is too long")
    try:
        head = json.loads(exactly(head_length))
    except RecursionError:
        raise ValueError("its head is nested") from None
    peak, last = _of(head, "peak", int), _of(head, "last", bool)
    if "reason" in head:
        _require(length == 0, "a fault has a body")
        message = _of(head, "message", str)
        _require(len(message) <= _MOST_MESSAGE, "its message is too long")
        return Answer(UnreadableError(Reason(_of(head, "reason", str)), message), peak, last)
    block_count, page_count = _count(head, "blocks", limits), _count(head, "pages", limits)
    numbers = array("I")
    split = numbers.itemsize * (_BLOCK_NUMBERS * block_count + _PAGE_NUMBERS * page_count)
    _require(split <= length <= split + 4 * limits.text, "it is too long or too short")
    numbers.frombytes(exactly(split))
    texts = exactly(length - split).decode()
    _require(len(texts) <= limits.text, "it has more text than allowed")
    title = None
    if head.get("title") is not None:
        title, texts = _cut(texts, _of(head, "title", int))
        _require(title != "", "its title is empty")
    parted = _BLOCK_NUMBERS * block_count
    pages, text = _pages(numbers[parted:], texts)
    structure = Structure(_blocks(numbers[:parted], len(text)), pages)
    content = Content(title, text, structure, _attributes(_of(head, "attributes", dict)))
    return Answer(Parsed(_of(head, "media_type", str), content), peak, last)


def _message(head: dict[str, object], body: bytes) -> tuple[bytes, bytes]:
    encoded = json.dumps(head).encode()
    return _LENGTHS.pack(len(encoded), len(body)) + encoded, body


def _blocks(numbers: Sequence[int], length: int) -> tuple[Block, ...]:
    kinds, starts, ends, levels = (numbers[n::_BLOCK_NUMBERS] for n in range(_BLOCK_NUMBERS))
    _require(max(kinds, default=0) < len(_KINDS), "a block is of no known kind")
    _require(max(levels, default=0) <= 6, "a heading is of no known level")  # noqa: PLR2004 - as in HTML
    _require(all(map(int.__lt__, starts, ends)), "a block is empty")
    _require(all(map(int.__le__, ends, starts[1:])), "its blocks overlap or are not in order")
    _require(not ends or ends[-1] <= length, "a block stands outside the text")
    return tuple(
        Block(_KINDS[kind], start, end, level)
        for kind, start, end, level in zip(kinds, starts, ends, levels, strict=True)
    )


def _pages(numbers: Sequence[int], texts: str) -> tuple[tuple[Page, ...], str]:
    """Return the pages, and the text that follows their labels."""
    ordinals, lengths, starts, ends = (numbers[n::_PAGE_NUMBERS] for n in range(_PAGE_NUMBERS))
    labels = []
    at = 0
    for length in lengths:
        labels.append(texts[at : at + length])
        at += length
    _require(at <= len(texts), "a label is longer than all text")
    text = texts[at:]
    _require(all(map(int.__le__, starts, ends)), "a page ends before it starts")
    _require(all(one <= next_ for one, next_ in pairwise(starts)), "its pages are not in order")
    _require(max(ends, default=0) <= len(text), "a page stands outside the text")
    _require(min(ordinals, default=1) >= 1, "a page has the number 0")
    pages = zip(ordinals, labels, starts, ends, strict=True)
    return tuple(Page(*page) for page in pages), text


def _attributes(said: dict[str, object]) -> Attributes:
    _require(said.keys() == _ATTRIBUTES.keys(), "its attributes are not those of a document")
    values: dict[str, object] = {}
    for name, value in said.items():
        _require(value is None or isinstance(value, str), "an attribute is no text")
        if isinstance(value, str):
            value.encode()  # half a surrogate pair could not be stored
            as_date = _ATTRIBUTES[name] == date | None
            values[name] = date.fromisoformat(value) if as_date else value
    return Attributes(**values)  # type: ignore[arg-type] # by the names and types of the class


def _of(head: object, name: str, kind: type[_T]) -> _T:
    value = head.get(name) if isinstance(head, dict) else None
    if type(value) is not kind:
        raise ValueError(f"its {name} is missing or of a wrong type")
    return value


def _count(head: object, name: str, limits: Limits) -> int:
    count = _of(head, name, int)
    _require(0 <= count <= limits.blocks, f"it has too many {name}")
    return count


def _cut(texts: str, length: int) -> tuple[str, str]:
    _require(0 <= length <= len(texts), "its title is longer than all text")
    return texts[:length], texts[length:]


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - an assertion that always runs
    if not holds:
        raise ValueError(otherwise)
