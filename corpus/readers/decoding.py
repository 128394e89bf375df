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
# What the web reads these names as: supersets, with the quotation marks that pages do use.
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_ASCII = bytes(range(128))
_HEAD = 4096
_LITTLE_EVIDENCE = 64
"""Bytes; fewer are too few for statistics."""

_CANDIDATES = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_2", "koi8_r", "cp932", "euc_jp", "gb18030", "big5", "cp949", "iso2022_jp"),
)
_DOUBT = 0.1
"""Two readings without a known language, nearer than this in their mess, are a guess."""

# "mi\u0119\u015bnie" in Polish bytes would read "mi\u00ea\u009cnie", and "by\u0142" "by\u00b3"
_SIGN_IN_WORD = re.compile(r"[^\W\d_][\u00a1-\u00a9\u00ab-\u00b6\u00b8-\u00bf\u00d7\u00f7][^\W\d_]")


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
        return _strictly(data, _meant(match[1].decode("ascii")))
    return _detected(data)


def _meant(declared: str) -> str:
    try:
        return _MEANT.get(codecs.lookup(declared).name, declared)
    except LookupError:
        return declared


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError) as error:
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
    sequences = inside = 0
    for match in _MULTIBYTE.finditer(data):
        sequences += 1
        inside += match.end() - match.start()
    if sequences > _high(data) - inside:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(
            Reason.WRONG_ENCODING,
            f"the file is UTF-8 but for the byte 0x{data[error.start]:02x} on line {line}; "
            "mend that character and save it as UTF-8",
        ) from error


def _high(data: bytes) -> int:
    """Count the bytes that are not ASCII."""
    return len(data.translate(None, _ASCII))


def _detected(data: bytes) -> str:
    controls = sum(data[:_HEAD].count(byte) for byte in range(32) if byte not in b"\t\n\v\f\r\x1b")
    if controls > len(data[:_HEAD]) // 100:
        raise UnreadableError(
            Reason.BINARY, "the file holds binary data, not text; give it its true file name ending"
        )
    western = _western(data)
    if western is not None and _high(data) < _LITTLE_EVIDENCE:
        return western
    matches = from_bytes(data, cp_isolation=list(_CANDIDATES))
    best = matches.best()
    if best is None or (
        not best.coherence
        and any(str(other) != str(best) and other.chaos < best.chaos + _DOUBT for other in matches)
    ):
        raise UnreadableError(
            Reason.WRONG_ENCODING,
            "the file's character encoding cannot be told; save it as UTF-8",
        )
    ties = {match.encoding for match in matches if match.chaos <= best.chaos}
    return western if western is not None and "cp1252" in ties else str(best)


def _western(data: bytes) -> str | None:
    """Read Windows-1252, the web's rule for text that says nothing; None where it reads badly."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if _SIGN_IN_WORD.search(text) or _high(data) > len(data) // 4 else text
