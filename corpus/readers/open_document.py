"""OpenDocument text (.odt): what the page shows, from the body of the document and its notes.

Deleted text of tracked changes, hidden text, comments, headers, footers and indexes are left out.
Pages are not in the file: the word processor computes them when it prints.
"""

import re

from corpus.documents import Attributes, BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.language_tag import language_tag
from corpus.readers.archive import Archive
from corpus.readers.content import Content
from corpus.readers.flow import Flow, Line
from corpus.readers.open_numbering import Counter, Lists
from corpus.readers.open_styles import Looks, Style, Styles, attribute, in_room, integer
from corpus.readers.own_title import is_title, own_title
from corpus.readers.symbol_font import unprivate
from corpus.readers.xml_tree import Element, child, local, parse, words

_FORM = "an OpenDocument text (.odt)"
_UNREAD = frozenset(
    "tracked-changes annotation annotation-end forms sequence-decls user-field-decls"
    " variable-decls dde-connection-decls table-of-content illustration-index table-index"
    " object-index user-index alphabetical-index bibliography alphabetical-index-auto-mark-file"
    " title desc binary-data ruby-text number script page-number page-count glue-point"
    " table-columns table-column shapes scenario note-citation event-listeners".split()
)
_SIGNS = {"tab": "\t", "line-break": "\n"}
_SHOWN_APART = frozenset(
    {"note", "text-box", "custom-shape", "rect", "ellipse", "circle", "polygon"}
)
_HIDDEN = frozenset({"hidden-paragraph", "hidden-text"})
_DEEPEST_HEADING = 6
_MOST_SPACES = 1_000
_SPACE = re.compile(r"[ \t\r\n]+")


def read(data: bytes) -> Content:
    """Read an OpenDocument text."""
    archive = Archive(data, _FORM)
    _refuse_others(archive)
    content = parse(archive.read("content.xml"), "content.xml")
    body = child(child(content, "body"), "text")
    if body is None:
        raise UnreadableError(
            Reason.WRONG_TYPE,
            "the file is an OpenDocument, but no text; give it its true file name ending",
        )
    roots = [content]
    if "styles.xml" in archive:
        roots.insert(0, parse(archive.read("styles.xml"), "styles.xml"))
    meta = parse(archive.read("meta.xml"), "meta.xml") if "meta.xml" in archive else None
    try:
        return _Walk(Styles(roots)).read(body, child(meta, "meta"))
    except RecursionError as error:
        raise UnreadableError(
            Reason.TOO_DEEP,
            "the document's tables or lists are nested too deeply; write it flatter",
        ) from error


def _refuse_others(archive: Archive) -> None:
    if "META-INF/manifest.xml" in archive:
        manifest = parse(archive.read("META-INF/manifest.xml"), "META-INF/manifest.xml")
        if any(local(one) == "encryption-data" for one in manifest.iter()):
            raise UnreadableError(
                Reason.ENCRYPTED, "the file is locked by a password; save it without one"
            )
    if "content.xml" not in archive:
        mine = "mimetype" in archive and b"opendocument" in archive.read("mimetype")
        raise UnreadableError(
            Reason.DAMAGED if mine else Reason.WRONG_TYPE,
            "the part content.xml is missing; open the file and save it again"
            if mine
            else f"the file is not {_FORM}; give it its true file name ending",
        )


class _Walk:
    """A walk over the body; recursion is bounded by the depth that the parser allows."""

    def __init__(self, styles: Styles) -> None:
        self._styles = styles
        self._outline = Counter(styles.outline)
        self._lists = Lists(styles)
        self._flow = Flow()
        self._line = Line()
        self._boxes: list[Element] = []
        self._title: str | None = None
        self._inside_note = False

    def read(self, body: Element, meta: Element | None) -> Content:
        self._blocks(body)
        language = language_tag(words(child(meta, "language"))) or language_tag(
            self._styles.style("paragraph", "Standard")
            .looks.over(self._styles.default("paragraph"))
            .language
        )
        title = own_title(words(child(meta, "title"))) or self._title
        return self._flow.content(title, Attributes(language=language))

    def _blocks(self, container: Element) -> None:
        for element in container:
            match local(element):
                case "p" | "h":
                    self._paragraph(element)
                case "list-item" | "list-header":
                    self._lists.begin_item(element)
                    self._blocks(element)
                    self._lists.end_item()
                case "list":
                    self._lists.begin(element)
                    self._blocks(element)
                    self._lists.end()
                case "table":
                    self._lists.begin_apart()
                    self._table(element)
                    self._lists.end_apart()
                case "section" if self._is_hidden_section(element):
                    pass
                case unread if unread in _UNREAD:
                    pass
                case _:
                    self._blocks(element)

    def _is_hidden_section(self, section: Element) -> bool:
        style = self._styles.style("section", attribute(section, "text", "style-name"))
        return attribute(section, "text", "display") == "none" or style.hidden_section

    def _paragraph(self, element: Element) -> None:
        style = self._styles.style("paragraph", attribute(element, "text", "style-name"))
        outer, self._line = self._line, Line()
        boxes, self._boxes = self._boxes, []
        looks = style.looks.over(self._styles.default("paragraph"))
        if not any(_says_hidden(one) for one in element if local(one) == "hidden-paragraph"):
            self._inline(element, looks)
            self._add(element, style)
        self._line = outer
        boxes, self._boxes = self._boxes, boxes
        for box in boxes:
            self._lists.begin_apart()
            self._blocks(box)
            self._lists.end_apart()

    def _add(self, element: Element, style: Style) -> None:
        number, inside_item = self._lists.count(), self._lists.inside_item
        if local(element) == "h":
            level = integer(attribute(element, "text", "outline-level"), 1) or 1
            header = attribute(element, "text", "is-list-header") == "true"
            if not (inside_item or header or style.unnumbered):
                number = self._outline.count(level)
            label = words(child(element, "number")) or number
            level = min(level, _DEEPEST_HEADING)
            self._flow.paragraph(self._line, BlockKind.HEADING, level, label)
        elif is_title(style.names) and not self._inside_note:
            self._title = self._title or own_title(self._line.text)
            self._flow.paragraph(self._line, BlockKind.HEADING, 1)
        elif inside_item:
            self._flow.paragraph(self._line, BlockKind.ITEM)
        else:
            self._flow.paragraph(self._line)

    def _inline(self, element: Element, looks: Looks) -> None:
        self._text(_SPACE.sub(" ", element.text or ""), looks)
        for one in element:
            self._inline_element(one, looks)
            self._text(_SPACE.sub(" ", one.tail or ""), looks)

    def _inline_element(self, element: Element, looks: Looks) -> None:
        kind = local(element)
        if kind == "s":
            count = integer(attribute(element, "text", "c"), 1)
            self._text(" " * min(count, _MOST_SPACES), looks)
        elif kind in _SIGNS:
            self._text(_SIGNS[kind], looks)
        elif kind == "span":
            style = self._styles.style("text", attribute(element, "text", "style-name"))
            self._inline(element, style.looks.over(looks))
        elif kind in _SHOWN_APART:
            if not looks.hidden:
                self._apart(element)
        elif not _is_unread(element):
            self._inline(element, looks)

    def _apart(self, element: Element) -> None:
        if local(element) == "note":
            self._note(element)
        else:
            self._boxes.append(element)

    def _text(self, text: str, looks: Looks) -> None:
        if text and not looks.hidden:
            text = unprivate(text, looks.font or "")
            self._line.write(text, bold=bool(looks.bold), high=bool(looks.high))

    def _note(self, note: Element) -> None:
        body = child(note, "note-body")
        if body is None or self._inside_note:
            return
        kept = self._flow, self._line, self._boxes
        self._flow, self._line, self._boxes = Flow(), Line(), []
        self._lists.begin_apart()
        self._inside_note = True
        self._blocks(body)
        text = self._flow.note()
        self._lists.end_apart()
        self._flow, self._line, self._boxes = kept
        self._inside_note = False
        if attribute(note, "text", "note-class") == "endnote":
            self._flow.endnote(text)
        else:
            self._line.notes.append(text)

    def _table(self, table: Element) -> None:
        for element in table:
            match local(element):
                case "table-row":
                    if attribute(element, "table", "visibility") in {None, "visible"}:
                        self._row(element)
                case unread if unread in _UNREAD:
                    pass
                case _:
                    self._table(element)

    def _row(self, row: Element) -> None:
        self._flow.begin_row()
        covered = 0  # how many of the next cells the last one covers by being wider
        for cell in row:
            match local(cell):
                case "table-cell":
                    self._flow.begin_cell()
                    self._blocks(cell)
                    covered = integer(attribute(cell, "table", "number-columns-spanned"), 1) - 1
                case "covered-table-cell" if covered > 0:
                    covered -= 1
                case "covered-table-cell":
                    self._flow.begin_cell()
        self._flow.end_row()


def _is_unread(element: Element) -> bool:
    if local(element) == "title":  # the name of a picture, or a field with the document's title
        return not in_room(element, "text")
    return local(element) in _UNREAD or (local(element) in _HIDDEN and _says_hidden(element))


def _says_hidden(element: Element) -> bool:
    return attribute(element, "text", "is-hidden") == "true"
