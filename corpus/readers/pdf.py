"""PDF: the text of its pages as it is read, with headings, lists, tables and page numbers."""

import re
from collections.abc import Sequence

from corpus.documents import Attributes, BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.language_tag import language_tag
from corpus.readers.content import Content, Draft, Turn
from corpus.readers.hyphenation import Hyphenation
from corpus.readers.own_title import own_title
from corpus.readers.page_blocks import Passage, passages
from corpus.readers.page_grids import grids
from corpus.readers.page_headings import Headings
from corpus.readers.page_layout import lines
from corpus.readers.page_lines import Line
from corpus.readers.page_words import Rule, Sheet, upright_box
from corpus.readers.pdfium import opened
from corpus.readers.running_lines import without_running_lines

_LONGEST_TITLE = 200
_LARGER = 1.15
_UNMAPPED = re.compile("[\ue000-\uf8ff\ufffd\x00-\x08\x0e-\x1f]")
_MOST_UNMAPPED = 0.3


def read(data: bytes) -> Content:
    """Read a PDF; running headers, footers and page numbers are not part of its text."""
    with opened(data) as file:
        count = len(file)
        labels = [file.label(at) or str(at + 1) for at in range(count)]
        stated, language = file.title(), file.language()
        sheets = [_page_lines(file.sheet(at), at) for at in range(count)]
    pages = without_running_lines([found for found, _ in sheets])
    pictures = sum(pictured and not page for (_, pictured), page in zip(sheets, pages, strict=True))
    if not any(pages) and not pictures:
        pages = [found for found, _ in sheets]  # nothing but headers: they are the text
    _refuse_unread(pages, pictures)
    every = [line for page in pages for line in page]
    blocks = passages(pages)
    headings = Headings(blocks, every)
    draft = _Pages(labels, Hyphenation(line.text for line in every))
    for block in blocks:
        draft.add(block, headings.level(block))
    title = own_title(stated) or _largest(pages, headings)
    return draft.content(title, Attributes(language=language_tag(language)))


def _page_lines(sheet: Sheet, page: int) -> tuple[list[Line], bool]:
    """Return the lines of one page, and whether it is a picture.

    Text turned sideways is read after the rest.
    """
    found: list[Line] = []
    regions = 0
    for quarter in sorted(sheet.words, key=lambda one: -len(sheet.words[one])):
        words = sheet.words[quarter]
        rules = [
            Rule(*upright_box(quarter, rule.x0, rule.y0, rule.x1, rule.y1)) for rule in sheet.rules
        ]
        own = lines(words, grids(words, rules), rules)
        turned = bool(found)
        for line in own:
            line.page = page
            line.region += regions
            line.turned = turned
            line.words = []
        regions = max((line.region for line in own), default=regions)
        found.extend(own)
    return found, sheet.pictured


def _refuse_unread(pages: Sequence[Sequence[Line]], pictures: int) -> None:
    text = "".join(line.text for page in pages for line in page)
    if not any(map(str.isalnum, text)) or pictures * 2 > len(pages):
        if pictures:
            which = (
                "its pages" if pictures == len(pages) else f"{pictures} of its {len(pages)} pages"
            )
            raise UnreadableError(
                Reason.NO_TEXT,
                f"{which} are pictures without text; run OCR first, as with ocrmypdf",
            )
        if not text:
            raise UnreadableError(
                Reason.NO_TEXT,
                "no page of the file has text; "
                "if one shows any, it is drawn: run OCR, as with ocrmypdf --force-ocr",
            )
    if len(_UNMAPPED.findall(text)) > _MOST_UNMAPPED * len(text) or not any(map(str.isalnum, text)):
        raise UnreadableError(
            Reason.NO_TEXT,
            "its fonts do not say which letters they draw; run OCR, as with ocrmypdf --force-ocr",
        )


class _Pages:
    """Writes passages to a draft with the pages they stand on."""

    def __init__(self, labels: Sequence[str], hyphenation: Hyphenation) -> None:
        self._labels = labels
        self._hyphenation = hyphenation
        self._draft = Draft()
        self._page = -1

    def add(self, passage: Passage, level: int | None) -> None:
        self._turn_to(passage.lines[0].page)
        text = passage.lines[0].text.removeprefix(passage.mark.strip()).lstrip()
        turns: list[Turn] = []
        for line in passage.lines[1:]:
            text = self._hyphenation.joined(text, line.text) if text else line.text
            while self._page < line.page:
                self._page += 1
                start = len(text) - len(line.text)
                turns.append(Turn(start, self._page + 1, self._labels[self._page]))
        kind = passage.kind if level is None else BlockKind.HEADING
        self._draft.add(kind, text, level or 0, turns)

    def content(self, title: str | None, attributes: Attributes) -> Content:
        self._turn_to(len(self._labels) - 1)
        return self._draft.content(title, attributes)

    def _turn_to(self, page: int) -> None:
        while self._page < page:
            self._page += 1
            self._draft.turn_page(self._page + 1, self._labels[self._page])


def _largest(pages: Sequence[Sequence[Line]], headings: Headings) -> str | None:
    """Return the largest text of the first page with any, where it is larger than the rest."""
    page = next((page for page in pages if page), [])
    texts = [
        line for line in page if any(map(str.isalpha, line.text)) and not (line.row or line.turned)
    ]
    if not texts:
        return None
    size = max(line.size for line in texts)
    if size < _LARGER * headings.body:
        bold = [line for line in texts[:3] if line.bold]
        return bold[0].text if bold else None
    first = next(at for at, line in enumerate(texts) if line.size > 0.95 * size)
    title = texts[first].text
    for line in texts[first + 1 :]:
        if line.size < 0.95 * size or len(title) + len(line.text) > _LONGEST_TITLE:
            break
        title = f"{title} {line.text}"
    return title
