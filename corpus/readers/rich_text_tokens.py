"""RTF as a run of tokens: groups, control words, and bytes of text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_TOKEN = re.compile(
    rb"([{}])"
    rb"|\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?"
    rb"|\\'([0-9A-Fa-f]{2})"
    rb"|\\([^A-Za-z'])"
    rb"|([^\\{}\r\n\0]+)"
    rb"|[\r\n\0]+|\\'?",
    re.DOTALL,
)


class Kind(Enum):
    """What a token is."""

    OPEN = 1
    CLOSE = 2
    WORD = 3
    HEX = 4
    TEXT = 5


@dataclass(frozen=True, slots=True)
class Token:
    """A token: a control word or sign with its number if it has one, or bytes of text."""

    kind: Kind
    word: str = ""
    number: int | None = None
    data: bytes = b""


_OPEN, _CLOSE = Token(Kind.OPEN), Token(Kind.CLOSE)


def tokens(data: bytes) -> Iterator[Token]:
    r"""Part RTF into tokens; binary data after \bin is left out, as are line ends."""
    at, end = 0, len(data)
    while at < end:
        match = _TOKEN.match(data, at)
        assert match is not None  # every byte begins some alternative
        at = match.end()
        group, word, number, code, sign, text = match.groups()
        if text is not None:
            yield Token(Kind.TEXT, data=text)
        elif group is not None:
            yield _OPEN if group == b"{" else _CLOSE
        elif code is not None:
            yield Token(Kind.HEX, data=bytes.fromhex(code.decode("ascii")))
        elif word is not None:
            value = None if number is None else int(number)
            if word == b"bin":
                at += max(value or 0, 0)
            else:
                yield Token(Kind.WORD, word.decode("ascii"), value)
        elif sign is not None:
            # A backslash before a line end is a paragraph's end; other signs stand for themselves.
            yield Token(Kind.WORD, "par" if sign in {b"\r", b"\n"} else sign.decode("latin-1"))
