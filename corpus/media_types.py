"""What a file is by its bytes, against what its name says it is.

A dozen signatures decide, and for zip-based formats what the package says of itself. Nothing is
ever unpacked but the few bytes in which it does, and an archive within an archive is not entered.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

from corpus.errors import Reason, UnreadableError
from corpus.readers import MEDIA_TYPES
from corpus.readers.archive import FAULTS

LARGEST_PACKAGE = 512 * 1024 * 1024
"""Bytes that a zip-based file may unpack to, by what its directory declares."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What bytes are: in words, the ending of such files, and the mend where none are read."""

    name: str
    ending: str
    mend: str = "take it out, or give it its true file name ending"


_PDF = Kind("a PDF", ".pdf")
_RTF = Kind("RTF", ".rtf")
_HTML = Kind("a web page", ".html")
_WORD = Kind("a Word document", ".docx")
_EXCEL = Kind("an Excel workbook", ".xlsx")
_EPUB = Kind("an EPUB", ".epub")
_ODT = Kind("an OpenDocument text", ".odt")
_SLIDES = Kind("a PowerPoint presentation", ".pptx", "save it as .pdf")
_BINARY_EXCEL = Kind("a binary Excel workbook", ".xlsb", "save it as .xlsx")
_ODS = Kind("an OpenDocument spreadsheet", ".ods", "save it as .xlsx")
_ODP = Kind("an OpenDocument presentation", ".odp", "save it as .pdf")
_ARCHIVE = Kind("a zip archive", ".zip", "unpack it and index its folder")
_BROKEN_ARCHIVE = Kind("a damaged zip archive", ".zip", "get it anew from where it came from")
_OLD_OFFICE = Kind(
    "an old Word, Excel or PowerPoint file", ".doc", "save it as .docx, .xlsx or .pdf"
)
_IMAGE = "take it out; only text is read"
_PACKED = "unpack it and index its folder"

_SIGNATURES = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (rb"%PDF-", _PDF),
        (rb"\{\\rtf", _RTF),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
        (rb"\x89PNG\r\n\x1a\n", Kind("a PNG picture", ".png", _IMAGE)),
        (rb"\xff\xd8\xff", Kind("a JPEG picture", ".jpg", _IMAGE)),
        (rb"GIF8[79]a", Kind("a GIF picture", ".gif", _IMAGE)),
        (rb"II\*\0|MM\0\*", Kind("a TIFF picture", ".tif", _IMAGE)),
        (rb"RIFF....WEBP", Kind("a WebP picture", ".webp", _IMAGE)),
        (rb"\0\0\0.ftyp", Kind("a film or sound", ".mp4", _IMAGE)),
        (rb"\x1f\x8b\x08", Kind("a gzip archive", ".gz", _PACKED)),
        (rb"7z\xbc\xaf\x27\x1c", Kind("a 7-Zip archive", ".7z", _PACKED)),
        (rb"Rar!\x1a\x07", Kind("a RAR archive", ".rar", _PACKED)),
        (rb"\xfd7zXZ\0", Kind("an xz archive", ".xz", _PACKED)),
        (rb"\x7fELF", Kind("a program", "", _IMAGE)),
    )
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# A workbook or document under a password is this stream in an old file's shell.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MARKS = {b"\xef\xbb\xbf": "utf-8", b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_HTML_HEAD = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEAD = 4096

_CONTENT_TYPES = "[Content_Types].xml"
_MAIN_PARTS = (
    (rb"wordprocessingml\.[a-z]+\.main\+xml|ms-word\.[A-Za-z.]+\.main\+xml", _WORD),
    (rb"ms-excel\.sheet\.binary\.[A-Za-z.]*main", _BINARY_EXCEL),
    (rb"spreadsheetml\.[a-z]+\.main\+xml|ms-excel\.[A-Za-z.]+\.main\+xml", _EXCEL),
    (rb"presentationml\.[a-z]+\.main\+xml|ms-powerpoint\.[A-Za-z.]+\.main\+xml", _SLIDES),
)
_OPEN_FORMATS = (
    (b"application/epub+zip", _EPUB),
    (b"application/vnd.oasis.opendocument.text", _ODT),
    (b"application/vnd.oasis.opendocument.spreadsheet", _ODS),
    (b"application/vnd.oasis.opendocument.presentation", _ODP),
)
_NAMED_PARTS = (
    ("META-INF/container.xml", _EPUB),
    ("word/document.xml", _WORD),
    ("xl/workbook.xml", _EXCEL),
    ("ppt/presentation.xml", _SLIDES),
)
_PACKAGES = (_WORD, _EXCEL, _EPUB, _ODT)

UNREAD = {
    ".doc": "save it as .docx",
    ".docm": "save it as .docx",
    ".dot": "save it as .docx",
    ".xls": "save it as .xlsx",
    ".xlsb": "save it as .xlsx",
    ".xlsm": "save it as .xlsx",
    ".ods": "save it as .xlsx",
    ".ppt": "save it as .pdf",
    ".pptx": "save it as .pdf",
    ".odp": "save it as .pdf",
    ".pages": "save it as .docx or .pdf",
    ".zip": _PACKED,
    ".7z": _PACKED,
    ".rar": _PACKED,
    ".gz": _PACKED,
    ".tar": _PACKED,
    ".tgz": _PACKED,
}
"""Endings of files that may hold leaflets and are not read, each with its mend."""


def refuse_wrong_type(data: bytes, media_type: str) -> None:
    """Raise UnreadableError where the bytes are plainly of another type than `media_type`.

    `wrong_type` names the true type and the mend; `encrypted` is a document of Word or Excel
    under a password; `too_large` a zip-based file that would unpack to more than LARGEST_PACKAGE.
    Bytes without a signature pass: what is wrong with them is for their reader to say.
    """
    kind = kind_of(data)
    if kind is None:
        return
    expected = {one.ending for one in _PACKAGES if MEDIA_TYPES.get(one.ending) == media_type}
    if kind is _OLD_OFFICE and expected and _ENCRYPTED in data:
        raise UnreadableError(
            Reason.ENCRYPTED, "the file is locked with a password; save it without one"
        )
    if MEDIA_TYPES.get(kind.ending) == media_type or (kind is _BROKEN_ARCHIVE and expected):
        return
    if kind is _HTML and media_type == "text/markdown":
        return  # HTML is Markdown too
    mend = f"rename it to end in {kind.ending}" if kind.ending in MEDIA_TYPES else kind.mend
    raise UnreadableError(
        Reason.WRONG_TYPE, f"by its bytes the file is {kind.name}, and its name says not; {mend}"
    )


def kind_of(data: bytes) -> Kind | None:
    """Return what `data` is by its first bytes; None where they say nothing."""
    for signature, kind in _SIGNATURES:
        if signature.match(data):
            return kind
    if data.startswith(_ZIP):
        return _package(data)
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "latin-1")
    return _HTML if _HTML_HEAD.match(data[:_HEAD].decode(encoding, "replace")) else None


def _package(data: bytes) -> Kind:
    try:
        with ZipFile(BytesIO(data)) as package:
            unpacked = sum(member.file_size for member in package.infolist())
            if unpacked > LARGEST_PACKAGE:
                raise UnreadableError(
                    Reason.TOO_LARGE,
                    f"the file would unpack to {unpacked:,} bytes, more than the limit of "
                    f"{LARGEST_PACKAGE:,}; part it",
                )
            return _says(frozenset(package.namelist()), lambda name: _first_bytes(package, name))
    except (*FAULTS, RuntimeError):
        return _BROKEN_ARCHIVE


def _first_bytes(package: ZipFile, name: str) -> bytes:
    with package.open(name) as member:
        return member.read(256 * 1024)


def _says(names: frozenset[str], first_bytes: Callable[[str], bytes]) -> Kind:
    """Return the kind that a package says it is."""
    if "mimetype" in names:
        stated = first_bytes("mimetype")
        for media_type, kind in _OPEN_FORMATS:
            if stated.strip().startswith(media_type):
                return kind
    if _CONTENT_TYPES in names:
        types = first_bytes(_CONTENT_TYPES)
        for pattern, kind in _MAIN_PARTS:
            if re.search(pattern, types):
                return kind
    return next((kind for name, kind in _NAMED_PARTS if name in names), _ARCHIVE)
