"""PDF files as pdfium sees them: words with their places, drawn rules and pictures, page by page.

pdfium is not thread-safe: `opened` lets one file be open at a time in a process.
"""

import ctypes
import math
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from corpus.errors import Reason, UnreadableError
from corpus.readers.page_words import Sheet, Word, upright, upright_box
from corpus.readers.pdf_drawings import drawings

_ONE_AT_A_TIME = Lock()
_HEADER, _END, _OBJECT = b"%PDF-", b"%%EOF", b" obj"
_HEAD = 1024
_SPACES = frozenset({0x09, 0x0A, 0x0D, 0x20, 0xA0, 0x3000, *range(0x2000, 0x200C), 0x202F, 0x205F})
_TIES = frozenset({0xA0, 0x202F})
_BROKEN_HYPHEN = 0x02
"""What pdfium gives for a hyphen at the end of a line."""

_LIGATURES = {0xFB00 + at: text for at, text in enumerate("ff fi fl ffi ffl st st".split())}
_HIGH, _LOW, _PLANE = range(0xD800, 0xDC00), range(0xDC00, 0xE000), 0x10000
_WORD_GAP = 0.17
"""Ems; kerning is below a tenth, a tight word space above a fifth."""

_BOLD_WEIGHT = 600
_ITALIC, _FORCED_BOLD = 1 << 6, 1 << 18
_BOLD_NAMES = ("bold", "black", "heavy", "demi")
_ITALIC_NAMES = ("italic", "oblique")
_STROKED = frozenset({1, 2, 5, 6})
_SMALLEST = 0.5  # points
_FAR = 1e6  # points; no page is as large
_SLANT = math.radians(8)
"""Text turned further than this from the four directions is a watermark or part of a drawing."""

_Pointer = Any  # ctypes knows no better


@dataclass(frozen=True, slots=True)
class _Style:
    size: float
    bold: bool
    italic: bool
    quarter: int  # turns anticlockwise; -1: slanted
    y: float


class PdfFile:
    """An open PDF file."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        self._fonts: dict[int, tuple[bool, bool]] = {}

    def __len__(self) -> int:
        return len(self._document)

    def title(self) -> str:
        """Return the title in the document information, "" where there is none."""
        try:
            return str(self._document.get_metadata_value("Title"))
        except UnicodeDecodeError:
            return ""

    def language(self) -> str:
        """Return the catalog's language as it stands there, "" where it names none."""
        size = pdfium.FPDFCatalog_GetLanguage(self._document.raw, None, 0)
        buffer = ctypes.create_string_buffer(max(size, 2))
        characters = ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR))
        pdfium.FPDFCatalog_GetLanguage(self._document.raw, characters, size)
        return buffer.raw[:-2].decode("utf-16-le", "ignore").strip()

    def label(self, index: int) -> str:
        """Return the label of page `index` (from 0) as printed, "" where the file gives none."""
        try:
            return str(self._document.get_page_label(index)).strip()
        except UnicodeDecodeError:
            return ""

    def sheet(self, index: int) -> Sheet:
        """Return what stands on page `index` (from 0).

        Raises UnreadableError `damaged`: a document without one of its pages is not the document.
        """
        try:
            with closing(self._document[index]) as page:
                box = page.get_bbox()
                with closing(page.get_textpage()) as text:
                    words = self._words(text.raw)
                rules, pictured = drawings(page.raw, box)
        except pypdfium2.PdfiumError as error:
            raise UnreadableError(
                Reason.DAMAGED,
                f"page {index + 1} of {len(self)} cannot be opened; "
                "get a whole copy of the file, or open it in a PDF program and save it again",
            ) from error
        finally:
            self._fonts.clear()  # addresses of fonts are used again
        return Sheet(words, rules, pictured)

    def _words(self, text: _Pointer) -> dict[int, list[Word]]:  # noqa: C901 - once a letter: no calls
        get_unicode, get_box = pdfium.FPDFText_GetUnicode, pdfium.FPDFText_GetLooseCharBox
        get_object, address_of = pdfium.FPDFText_GetTextObject, ctypes.addressof
        box = pdfium.FS_RECTF()
        box_reference = ctypes.byref(box)
        words: dict[int, list[Word]] = {}
        word: Word | None = None
        style: _Style | None = None
        drawn_by = order = high = 0
        spaced = tied = False
        for at in range(pdfium.FPDFText_CountChars(text)):
            code = get_unicode(text, at)
            if code in _SPACES:
                word = None
                spaced, tied = True, code in _TIES
                continue
            pointer = get_object(text, at)
            if not pointer:  # pdfium made it up
                continue
            if (address := address_of(pointer.contents)) != drawn_by:
                drawn_by = address
                before, style = style, self._style(text, at, pointer)
                if style != before:
                    word = None
            if style is None or style.quarter < 0 or not get_box(text, at, box_reference):
                continue
            letter, high = _letter(code, high)
            if not letter:
                continue
            left, right = box.left, box.right
            if not (abs(left) < _FAR and abs(right) < _FAR):
                continue
            if style.quarter:
                left, _, right, _ = upright_box(
                    style.quarter, box.left, box.bottom, box.right, box.top
                )
            gap = _WORD_GAP * style.size
            if word is None or left - word.x1 > gap or word.x0 - right > gap:
                order += 1
                look = style.y, style.size, style.bold, style.italic
                word = Word(letter, left, right, *look, spaced, tied, order)
                words.setdefault(style.quarter, []).append(word)
                spaced = tied = False
            else:
                word.text += letter
                word.x0, word.x1 = min(word.x0, left), max(word.x1, right)
        return words

    def _style(self, text: _Pointer, at: int, pointer: _Pointer) -> _Style:
        matrix = pdfium.FS_MATRIX()
        pdfium.FPDFText_GetMatrix(text, at, matrix)
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetCharOrigin(text, at, x, y)
        points = pdfium.FPDFText_GetFontSize(text, at)
        size = abs(points) * math.hypot(matrix.c, matrix.d)
        # A negative size turns letters round; such files turn them back by the matrix.
        angle = math.atan2(matrix.b, matrix.a) if points >= 0 else math.atan2(-matrix.b, -matrix.a)
        quarter = round(angle / (math.pi / 2))
        sane = all(abs(value) < _FAR for value in (x.value, y.value, size))  # false for NaN
        if not sane or abs(angle - quarter * math.pi / 2) > _SLANT:
            return _Style(1.0, bold=False, italic=False, quarter=-1, y=0.0)
        font = pdfium.FPDFTextObj_GetFont(pointer)
        address = ctypes.addressof(font.contents) if font else 0
        if address not in self._fonts:
            self._fonts[address] = _weight(font) if font else (False, False)
        bold, italic = self._fonts[address]
        bold = bold or pdfium.FPDFTextObj_GetTextRenderMode(pointer) in _STROKED
        _, baseline = upright(quarter % 4, x.value, y.value)
        return _Style(max(size, _SMALLEST), bold, italic, quarter % 4, round(baseline, 2))


def _letter(code: int, high: int) -> tuple[str, int]:
    """Return what a code stands for; "" and itself for the first half of a pair."""
    if code in _HIGH:
        return "", code
    if code in _LOW and high:
        return chr(_PLANE + ((high - _HIGH.start) << 10) + (code - _LOW.start)), 0
    return _LIGATURES.get(code) or ("-" if code == _BROKEN_HYPHEN else chr(code)), 0


@contextmanager
def opened(data: bytes) -> Iterator[PdfFile]:
    """Open `data`; UnreadableError: `empty`, `damaged` or `encrypted`."""
    _refuse_broken(data)
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise _refusal(error) from error
        with closing(document):
            if not len(document):
                raise UnreadableError(
                    Reason.DAMAGED, "no page of the file can be found; get a whole copy of it"
                )
            yield PdfFile(document)


def _refuse_broken(data: bytes) -> None:
    """Refuse what pdfium would mend without a word, and so without what is lost."""
    if not data.strip():
        raise UnreadableError(Reason.EMPTY, "the file is empty; put a PDF there or remove it")
    if _HEADER not in data[:_HEAD]:
        raise UnreadableError(
            Reason.DAMAGED, "the file does not begin like a PDF; give it its true file name ending"
        )
    end = data.rfind(_END)
    if end < 0 or _OBJECT in data[end:]:
        raise UnreadableError(
            Reason.DAMAGED, "the file breaks off before its end; get a whole copy of it"
        )


def _refusal(error: pypdfium2.PdfiumError) -> UnreadableError:
    if error.err_code == pdfium.FPDF_ERR_PASSWORD:
        return UnreadableError(
            Reason.ENCRYPTED, "the file opens only with a password; save it without one"
        )
    if error.err_code == pdfium.FPDF_ERR_SECURITY:
        return UnreadableError(
            Reason.ENCRYPTED, "the file is encrypted in a way that is not known; save it without"
        )
    return UnreadableError(
        Reason.DAMAGED,
        "the file is not a PDF that can be opened; "
        "get a whole copy of it, or open it in a PDF program and save it again",
    )


def _weight(font: _Pointer) -> tuple[bool, bool]:
    """Tell whether a font is bold, and whether it is italic."""
    size = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(max(size, 1))
    pdfium.FPDFFont_GetBaseFontName(font, buffer, size)
    name = buffer.value.decode("utf-8", "ignore").lower()
    flags = pdfium.FPDFFont_GetFlags(font)
    bold = (
        any(part in name for part in _BOLD_NAMES)
        or bool(flags & _FORCED_BOLD)
        or pdfium.FPDFFont_GetWeight(font) >= _BOLD_WEIGHT
    )
    return bold, any(part in name for part in _ITALIC_NAMES) or bool(flags & _ITALIC)
