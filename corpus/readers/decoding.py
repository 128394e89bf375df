"""Bytes to characters, for every format that is text.

Order of belief: a byte order mark, strict UTF-8, an encoding declared in the first bytes,
then detection. Bytes that are almost UTF-8 are refused rather than read as something else,
because a leaflet with a wrong character in a dose is worse than a leaflet that is not there.
"""

import codecs
import re

from charset_normalizer import from_bytes

from corpus.errors import Reason, UnreadableError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9._-]+)""")
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH = re.compile(rb"[\x80-\xff]")
_HEAD = 4096
_LITTLE_EVIDENCE = 64


def decode(data: bytes, *, declared: bool = False) -> str:
    """Decode `data`; with `declared`, an encoding named in its first bytes is believed.

    Raises UnreadableError: `empty` for no bytes or only white space, `binary` for data that is
    no text, `wrong_encoding` for text that cannot be decoded without a doubt.
    """
    if not data.strip():
        raise UnreadableError(Reason.EMPTY, "the file is empty; put text into it or remove it")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data, encoding)
    if wide := _utf16_without_mark(data):
        return _strictly(data, wide)
    if b"\0" in data:
        raise UnreadableError(
            Reason.BINARY, "the file holds binary data, not text; give it its true file name ending"
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_nearly_utf8(data, error)
    if declared and (match := _DECLARED.search(data[:_HEAD])):
        return _strictly(data, match[1].decode("ascii"))
    return _detected(data)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise UnreadableError(
            Reason.WRONG_ENCODING,
            f"the file says it is {encoding} but cannot be decoded as that; save it as UTF-8",
        ) from error


def _utf16_without_mark(data: bytes) -> str | None:
    """Name the UTF-16 byte order in which mostly Latin text has its zero bytes, if it does."""
    head = data[:_HEAD]
    pairs = len(head) // 2
    if pairs < 2 or len(data) % 2:  # noqa: PLR2004 - one pair is no evidence
        return None
    zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
    if zeros_odd > 0.7 * pairs and zeros_even < 0.05 * pairs:
        return "utf-16-le"
    if zeros_even > 0.7 * pairs and zeros_odd < 0.05 * pairs:
        return "utf-16-be"
    return None


def _refuse_nearly_utf8(data: bytes, error: UnicodeDecodeError) -> None:
    sequences = _MULTIBYTE.findall(data)
    strays = len(_HIGH.findall(data)) - sum(len(sequence) for sequence in sequences)
    if len(sequences) > strays:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(
            Reason.WRONG_ENCODING,
            f"the file is UTF-8 but for the byte 0x{data[error.start]:02x} on line {line}; "
            "mend that character and save it as UTF-8",
        ) from error


def _detected(data: bytes) -> str:
    high = len(_HIGH.findall(data))
    controls = sum(data[:_HEAD].count(byte) for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")
    if controls > len(data[:_HEAD]) // 100:
        raise UnreadableError(
            Reason.BINARY, "the file holds binary data, not text; give it its true file name ending"
        )
    if high < min(_LITTLE_EVIDENCE, len(data) // 10):
        # A few accented letters or quotation marks are too little for statistics; the web's rule
        # for such text is Windows-1252.
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError:
            pass
    best = from_bytes(data).best()
    if best is None:
        raise UnreadableError(
            Reason.WRONG_ENCODING,
            "the file's character encoding cannot be told; save it as UTF-8",
        )
    return str(best)
