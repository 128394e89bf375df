"""Word (.docx): what the page shows, from the body of the document and its notes.

Deleted text of tracked changes, hidden text, comments, headers, footers, tables of contents and
field codes are left out. Pages are not in the file: Word computes them when it prints.
"""

import re
from collections import Counter
from itertools import groupby

from corpus.documents import Attributes, BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.language_tag import language_tag
from corpus.readers.content import Content
from corpus.readers.flow import Flow, Line
from corpus.readers.own_title import is_title, own_title
from corpus.readers.symbol_font import symbol, unprivate
from corpus.readers.word_equations import equation
from corpus.readers.word_markup import attribute, name, part, switch, value
from corpus.readers.word_numbering import Numbering
from corpus.readers.word_package import Package, open_package
from corpus.readers.word_styles import Looks, Style, Styles, looks, outline_level
from corpus.readers.xml_tree import Element, child, words

_GONE = frozenset({"w:del", "w:moveFrom", "w:rPr", "w:pPr", "w:tblPr", "w:sdtPr", "w:sectPr"})
_DEEPEST_HEADING = 6
_SPACE = re.compile(r"[\t\r\n]+")
_LISTS = ("list bullet", "list number")
_CONTENTS = ("toc ", "table of figures", "table of authorities", "index ")


def read(data: bytes) -> Content:
    """Read a Word document, Transitional or Strict."""
    package = open_package(data)
    body = part(package.document, "w:body")
    if body is None:
        raise UnreadableError(Reason.DAMAGED, "the document has no body; open it and save it again")
    try:
        return _Walk(package).read(body)
    except RecursionError as error:
        raise UnreadableError(
            Reason.TOO_DEEP,
            "the document's tables or boxes are nested too deeply; write it flatter",
        ) from error


class _Walk:
    """A walk over the body; recursion is bounded by the depth that the parser allows."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._styles = Styles(package.styles)
        self._numbering = Numbering(package.numbering, self._styles)
        self._footnotes = _by_id(package.footnotes)
        self._endnotes = _by_id(package.endnotes)
        self._flow = Flow()
        self._line = Line()
        self._boxes: list[Element] = []
        self._fields: list[bool] = []  # whether each open field is past its code
        self._style = self._styles.default  # of the paragraph that is being read
        self._goes_on = False  # the next paragraph is of the same line
        self._inside_note = False
        self._languages: Counter[str] = Counter()
        self._title: str | None = None

    def read(self, body: Element) -> Content:
        self._blocks(body)
        properties = self._package.properties
        title = own_title(words(child(properties, "title"))) or self._title
        return self._flow.content(title, Attributes(language=self._language()))

    def _language(self) -> str | None:
        stated = language_tag(words(child(self._package.properties, "language")))
        if stated is not None:
            return stated
        most = self._languages.most_common(1)
        return language_tag(most[0][0]) if most else None

    def _blocks(self, container: Element) -> None:
        for element in container:
            match name(element):
                case "w:p":
                    self._paragraph(element)
                case "w:tbl":
                    self._end_line()
                    self._table(element)
                case "w:sdt":
                    content = part(element, "w:sdtContent")
                    if content is not None and not _is_contents(element):
                        self._blocks(content)
                case "mc:AlternateContent":
                    if (chosen := _alternative(element)) is not None:
                        self._blocks(chosen)
                case "m:oMathPara" | "m:oMath":
                    self._line.write(equation(element))
                    self._end_line()
                case gone if gone in _GONE:
                    pass
                case _:
                    self._blocks(element)
        self._end_line()

    def _end_line(self) -> None:
        """Make a paragraph of what a drop cap or a deleted paragraph mark left to go on."""
        if self._goes_on:
            self._goes_on = False
            self._flow.paragraph(self._line)
            self._line = Line()

    def _paragraph(self, element: Element) -> None:
        properties = part(element, "w:pPr")
        style_id = value(properties, "w:pStyle")
        outer, self._style = self._style, self._styles.style(style_id)
        self._inline(element)
        self._fields = [past for past in self._fields if past]
        mark = part(properties, "w:rPr")
        drop_cap = attribute(part(properties, "w:framePr"), "w:dropCap") in {"drop", "margin"}
        self._goes_on = (
            drop_cap or part(mark, "w:del") is not None or part(mark, "w:moveFrom") is not None
        )
        if not self._goes_on:
            line, self._line = self._line, Line()
            if not self._style.names or not self._style.names[0].startswith(_CONTENTS):
                self._add(line, properties, style_id)
        self._style = outer
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self._blocks(box)

    def _add(self, line: Line, properties: Element | None, style_id: str | None) -> None:
        style, numbering = self._style, part(properties, "w:numPr")
        number_id = value(numbering, "w:numId") or style.number_id or "0"
        removed = value(numbering, "w:numId") == "0"  # the paragraph is no longer of the list
        stated = value(numbering, "w:ilvl")
        at = int(stated) if stated and stated.isdigit() else style.number_level
        at = self._numbering.level(number_id, at, style_id)
        label = self._numbering.count(number_id, at) if number_id != "0" else ""
        own_level = outline_level(properties)
        level = style.level if own_level is None else own_level
        if is_title(style.names) and not self._inside_note:
            self._title = self._title or own_title(line.text)
            self._flow.paragraph(line, BlockKind.HEADING, 1)
        elif level:
            level = min(level, _DEEPEST_HEADING)
            self._flow.paragraph(line, BlockKind.HEADING, level, label)
        elif (_is_item(style) and not removed) or (
            number_id != "0" and self._numbering.shows(number_id, at)
        ):
            self._flow.paragraph(line, BlockKind.ITEM)
        else:
            self._flow.paragraph(line)

    def _inline(self, container: Element) -> None:
        for element in container:
            match name(element):
                case "w:r":
                    self._run(element)
                case "m:oMath" | "m:oMathPara":
                    self._line.write(f" {equation(element)} ")
                case "mc:AlternateContent":
                    if (chosen := _alternative(element)) is not None:
                        self._inline(chosen)
                case "w:txbxContent":
                    self._boxes.append(element)
                case "w:rt":
                    pass  # how a character is pronounced, written above it
                case gone if gone in _GONE:
                    pass
                case _:
                    self._inline(element)

    def _run(self, run: Element) -> None:
        properties = part(run, "w:rPr")
        look = looks(properties)
        if (character := value(properties, "w:rStyle")) is not None:
            look = look.over(self._styles.style(character).looks)
        look = look.over(self._style.looks).over(self._styles.looks)
        for element in run:
            self._piece(element, look)

    def _piece(self, element: Element, look: Looks) -> None:
        kind = name(element)
        if kind == "w:fldChar":
            self._field(attribute(element, "w:fldCharType"))
        elif kind in {"w:drawing", "w:pict", "w:object", "mc:AlternateContent", "w:ruby"}:
            if not look.hidden:
                chosen = _alternative(element) if kind == "mc:AlternateContent" else element
                self._inline(chosen if chosen is not None else element)
        elif look.hidden or not all(self._fields):
            pass
        elif kind == "w:t":
            text = unprivate(_SPACE.sub(" ", element.text or ""), look.font or "")
            self._count_language(text, look)
            self._line.write(text, bold=bool(look.bold), high=bool(look.high))
        elif kind in {"w:footnoteReference", "w:endnoteReference"}:
            self._note(kind, attribute(element, "w:id") or "")
        else:
            self._line.write(_sign(kind, element))

    def _field(self, mark: str | None) -> None:
        """Follow a field: its code is no text, its result is; a field may stand in another."""
        if mark == "begin":
            self._fields.append(False)
        elif mark == "separate" and self._fields:
            self._fields[-1] = True
        elif mark == "end" and self._fields:
            self._fields.pop()

    def _note(self, kind: str, note_id: str) -> None:
        notes = self._footnotes if kind == "w:footnoteReference" else self._endnotes
        element = notes.get(note_id)
        if element is None or self._inside_note:
            return
        kept = self._flow, self._line, self._boxes, self._fields, self._style
        self._flow, self._line, self._boxes, self._fields = Flow(), Line(), [], []
        self._inside_note = True
        self._blocks(element)
        text = self._flow.note()
        self._flow, self._line, self._boxes, self._fields, self._style = kept
        self._inside_note = False
        if kind == "w:footnoteReference":
            self._line.notes.append(text)
        else:
            self._flow.endnote(text)

    def _table(self, table: Element) -> None:
        for element in table:
            match name(element):
                case "w:tr":
                    properties = part(element, "w:trPr")
                    if part(properties, "w:del") is None and not switch(properties, "w:hidden"):
                        self._flow.begin_row()
                        self._cells(element)
                        self._flow.end_row()
                case gone if gone in _GONE:
                    pass
                case _:
                    self._table(element)

    def _cells(self, row: Element) -> None:
        for element in row:
            match name(element):
                case "w:tc":
                    properties = part(element, "w:tcPr")
                    if part(properties, "w:cellDel") is not None or _joins(properties, "w:hMerge"):
                        continue
                    self._flow.begin_cell()
                    if not _joins(properties, "w:vMerge"):
                        self._blocks(element)
                case gone if gone in _GONE or gone in {"w:trPr", "w:tblPrEx"}:
                    pass
                case _:
                    self._cells(element)

    def _count_language(self, text: str, look: Looks) -> None:
        """Count whose words these are: a run names a language for each kind of writing."""
        for writing, signs in groupby(filter(str.isalpha, text), _writing):
            said = {"latin": look.latin, "east": look.east_asian, "rtl": look.right_to_left}[
                writing
            ]
            if said is not None:
                self._languages[said] += sum(1 for _ in signs)


def _writing(sign: str) -> str:
    if "\u0590" <= sign <= "\u08ff" or "\ufb1d" <= sign <= "\ufdff" or "\ufe70" <= sign <= "\ufeff":
        return "rtl"
    return "east" if sign >= "\u2e80" else "latin"


def _sign(kind: str, element: Element) -> str:
    """Return the character that an element other than text stands for."""
    match kind:
        case "w:tab" | "w:ptab":
            return "\t"
        case "w:br" | "w:cr":
            return "\n"
        case "w:noBreakHyphen":
            return "\u2011"
        case "w:sym":
            try:
                code = int(attribute(element, "w:char") or "", 16)
            except ValueError:
                return ""
            return symbol(code, attribute(element, "w:font") or "")
        case _:
            return ""


def _by_id(root: Element | None) -> dict[str, Element]:
    """Return notes by id, without the lines that part them from the text."""
    return {
        attribute(note, "w:id") or "": note
        for note in (root if root is not None else ())
        if attribute(note, "w:type") in {None, "normal"}
    }


def _alternative(element: Element) -> Element | None:
    """Return the first of several forms of the same content: each says all that the others do."""
    forms = [one for one in element if name(one) in {"mc:Choice", "mc:Fallback"}]
    return forms[0] if forms else None


def _is_contents(element: Element) -> bool:
    """Tell whether a content control is a table of contents, which only repeats the headings."""
    gallery = value(part(part(element, "w:sdtPr"), "w:docPartObj"), "w:docPartGallery")
    return gallery == "Table of Contents"


def _is_item(style: Style) -> bool:
    return any(one.startswith(_LISTS) for one in style.names)


def _joins(properties: Element | None, kind: str) -> bool:
    """Tell whether a cell is merged with the one above or before it."""
    merged = part(properties, kind)
    return merged is not None and attribute(merged, "w:val") != "restart"
