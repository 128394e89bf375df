"""JSON Lines: one object a line. Its "text" is read as plain text under its "title".

An object without "text" is a row of its fields: "drug: Baclofen | dose / start: 5 mg". Numbers
stand as they are written in the file.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.documents import BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.normalize import canonical
from corpus.readers import plain_text
from corpus.readers.content import Content, Draft
from corpus.readers.decoding import decode
from corpus.readers.rows import Table

_NAMES = ("title", "id", "_id")
_Field = tuple[str, object]


@dataclass(frozen=True, slots=True)
class _Number:
    """A number as it is written: 5.0 is not 5, and a long one loses no digit."""

    written: str


def read(data: bytes) -> Content:
    """Read JSON Lines: one section an object that has text, one row for any other."""
    draft = Draft()
    table = Table(draft, level=1)
    objects = [
        (number, _object(line, number))
        for number, line in enumerate(decode(data).split("\n"), start=1)
        if line.strip()
    ]
    titled = any(_name(fields) for _, fields in objects)
    for number, fields in objects:
        text = fields.get("text")
        if titled:  # without a name of its own it would stand under the one before
            draft.add(BlockKind.HEADING, _name(fields) or f"Line {number}", 1)
        if text is None:
            table.add_labelled(_scalars(fields))
            continue
        if not isinstance(text, str):
            raise _damaged(number, 'its "text" is not a string')
        clean = canonical(text)
        for block in plain_text.blocks(clean):
            draft.add(block.kind, clean[block.start : block.end], block.level)
    content = draft.content(None)
    if not any(character.isalnum() for character in content.text):
        raise UnreadableError(Reason.NO_TEXT, "no object of the file has words in it")
    return content


def _object(line: str, number: int) -> dict[str, object]:
    def once(pairs: list[_Field]) -> dict[str, object]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            raise _damaged(number, "it names one field twice")
        return fields

    try:
        found = json.loads(line, object_pairs_hook=once, parse_float=_Number, parse_int=_Number)
    except json.JSONDecodeError as error:
        raise _damaged(number, f"{error.msg} at column {error.colno}") from error
    except RecursionError as error:
        raise UnreadableError(
            Reason.TOO_DEEP, f"line {number} nests too deeply; write it flatter"
        ) from error
    if not isinstance(found, dict):
        raise _damaged(number, "it is not an object")
    return found


def _damaged(number: int, what: str) -> UnreadableError:
    return UnreadableError(
        Reason.DAMAGED,
        f'line {number} is no object of JSON Lines: {what}; write one {{"text": …}} a line',
    )


def _name(fields: dict[str, object]) -> str:
    names = (fields.get(name) for name in _NAMES if "text" in fields)
    return next((name.strip() for name in names if isinstance(name, str) and name.strip()), "")


def _scalars(fields: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Give each field with its value as text; those of an object within are named by their path."""
    waiting: list[_Field] = list(reversed(fields.items()))
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name} / {inner}", one) for inner, one in reversed(value.items())]
        elif isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
            yield from _written(name, ", ".join(_scalar(one) for one in value if one is not None))
        elif isinstance(value, list):
            waiting += [(f"{name} / {at}", one) for at, one in reversed([*enumerate(value, 1)])]
        elif value is not None:
            yield from _written(name, _scalar(value))


def _written(name: str, value: str) -> Iterator[tuple[str, str]]:
    if clean := canonical(value).strip():
        yield canonical(name).strip(), clean


def _scalar(value: object) -> str:
    if isinstance(value, _Number):
        return value.written
    return str(value).lower() if isinstance(value, bool) else str(value)
