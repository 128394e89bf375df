"""HTML: the text that a person reads, block by block; scripts, styles and navigation left out."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from corpus.documents import Attributes, BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.readers.content import Content, Draft
from corpus.readers.decoding import decode
from corpus.readers.page_head import page_attributes
from corpus.readers.raised_digits import raised


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_UNREAD = _words(
    "script style template noscript head nav svg math iframe object button select option textarea"
    " datalist canvas audio video"
)
_UNREAD_ROLES = _words(
    "navigation search menu menubar dialog alertdialog doc-noteref doc-backlink doc-pagebreak"
)
_UNREAD_BOOK_TYPES = _words("noteref backlink pagebreak")
_UNREAD_CLASSES = _words(
    "mw-editsection noprint navbox breadcrumb breadcrumbs skip-link cookie-banner cookie-notice"
    " cookie-consent pagenum pageno"
)
_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = _words(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset"
    " figcaption figure footer form header hgroup hr html legend li main ol p pre search section"
    " summary table tbody tfoot thead tr ul"
) | frozenset(_HEADINGS)
_CELLS = frozenset({"td", "th"})
_BOLD = frozenset({"b", "strong"})
_CELL_END = " | "
_REFERENCE_MARK = re.compile(r"\[[^\]]*\]")

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_NEVER_NESTED = _words(
    "area base br col embed hr img input link meta param source track wbr html head body p li dt dd"
    " tr td th thead tbody tfoot caption colgroup option optgroup rp rt script style"
)
_DEEPEST = 10_000
"""Elements; parsing takes time with the square of it, and browsers stop at some hundreds."""


def read(data: bytes) -> Content:
    """Read an HTML page."""
    return page_content(decode(data, declared=True))


def page_content(html: str) -> Content:
    """Return what `html` shows a reader; its title is <title>, else the first <h1>."""
    draft = Draft()
    content = draft.content(*walk_page(html, draft))
    if not any(character.isalnum() for character in content.text):
        raise UnreadableError(Reason.NO_TEXT, "the page has no words in it")
    return content


def walk_page(html: str, draft: Draft) -> tuple[str, Attributes]:
    """Add what `html` shows a reader to `draft`; return its title and what its head declares.

    The title is <title>, else the first <h1>, or "".
    """
    _refuse_too_deep(html)
    tree = LexborHTMLParser(html)
    main = tree.css("main, [role=main]")
    root = main[0] if len(main) == 1 and main[0].text(strip=True) else tree.body
    if root is not None:
        _Walk(draft).read(root)
    first = tree.css_first("h1")
    title = tree.css_first("head > title")
    said = (title.text() if title else "").strip() or (first.text() if first else "")
    return said, page_attributes(tree)


def _refuse_too_deep(html: str) -> None:
    depth = 0
    for match in _TAG.finditer(html):
        if match[2].lower() not in _NEVER_NESTED:
            depth = max(0, depth - 1) if match[1] else depth + 1
            if depth > _DEEPEST:
                raise UnreadableError(
                    Reason.TOO_DEEP,
                    f"the page nests more than {_DEEPEST:,} elements; save it in a simpler form",
                )


def _is_unread(node: LexborNode, tag: str) -> bool:
    """Tell whether a page does not show `node`, or shows it as a tool and not as text."""
    if tag in _UNREAD or tag.startswith(("-", "!", "_")):
        return True
    attributes = node.attributes
    if not attributes:
        return tag == "dialog"
    return (
        "hidden" in attributes
        or (tag == "dialog" and "open" not in attributes)
        or attributes.get("aria-hidden") == "true"
        or attributes.get("role") in _UNREAD_ROLES
        or not _UNREAD_BOOK_TYPES.isdisjoint((attributes.get("epub:type") or "").split())
        or not _UNREAD_CLASSES.isdisjoint((attributes.get("class") or "").split())
        or _NOT_SHOWN.search(attributes.get("style") or "") is not None
    )


class _Walk:
    """A walk over the tree, without recursion: pages nest deeper than Python's stack."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._pieces: list[str] = []
        self._kinds: list[tuple[BlockKind, int]] = [(BlockKind.PARAGRAPH, 0)]
        self._cells = 0  # of the row so far
        self._filled = 0  # of those, the ones with words
        self._empty_cell = True
        self._bold = 0  # how many bold elements are open
        self._words = False  # whether there was text since the last block
        self._all_bold = True  # whether all of it was bold

    def read(self, root: LexborNode) -> None:
        stack: list[tuple[LexborNode, bool]] = [(root, False)]
        while stack:
            node, leaving = stack.pop()
            tag = node.tag or ""
            if leaving:
                self._leave(tag)
                continue
            if tag == "-text":
                self._text(node.text_content or "")
                continue
            if node is not root and _is_unread(node, tag):
                continue
            if tag == "sup" and self._raised(node):
                continue
            self._enter(tag)
            stack.append((node, True))
            child = node.last_child
            while child is not None:
                stack.append((child, False))
                child = child.prev
        self._flush()

    def _text(self, text: str) -> None:
        verbatim = self._kinds[-1][0] is BlockKind.VERBATIM
        if verbatim:
            self._pieces.append(text)
        elif text:
            lead = " " if text[0].isspace() else ""
            trail = " " if text[-1].isspace() else ""
            words = " ".join(text.split())
            self._pieces.append(f"{lead}{words}{trail}")
            self._words = self._words or bool(words)
            if words and self._empty_cell:
                self._filled += 1
                self._empty_cell = False
            self._all_bold = self._all_bold and (bool(self._bold) or not words)

    def _raised(self, node: LexborNode) -> bool:
        """Write raised digits as such and leave out a reference mark; True if that was all."""
        text = node.text().strip()
        if digits := raised(text):
            self._text(digits)
            return True
        return _REFERENCE_MARK.fullmatch(text) is not None

    def _enter(self, tag: str) -> None:
        if tag in _BOLD:
            self._bold += 1
        elif tag == "br":
            self._flush_bold_line()
            self._pieces.append("\n")
        elif tag in _CELLS:
            if self._cells:  # an empty cell keeps its place: a value stays under its header
                self._pieces.append(_CELL_END)
            self._cells += 1
            self._empty_cell = True
        elif tag in _BLOCKS and self._inside_row(tag):
            self._pieces.append(" ")
        elif tag in _BLOCKS:
            self._flush()
            self._kinds.append(self._kind(tag))

    def _leave(self, tag: str) -> None:
        if tag in _BOLD:
            self._bold -= 1
        elif tag in _BLOCKS and self._inside_row(tag):
            self._pieces.append(" ")
        elif tag in _BLOCKS:
            self._flush()
            self._kinds.pop()

    def _inside_row(self, tag: str) -> bool:
        """Blocks within a table's cell stay on the row's line."""
        return tag != "tr" and self._kinds[-1][0] is BlockKind.ROW

    def _kind(self, tag: str) -> tuple[BlockKind, int]:
        if tag in _HEADINGS:
            return BlockKind.HEADING, _HEADINGS[tag]
        if tag == "li":
            return BlockKind.ITEM, 0
        if tag == "tr":
            return BlockKind.ROW, 0
        if tag == "pre":
            return BlockKind.VERBATIM, 0
        outer = self._kinds[-1][0]
        return (
            outer if outer is BlockKind.ITEM and tag in {"p", "div"} else BlockKind.PARAGRAPH
        ), 0

    def _flush_bold_line(self) -> None:
        """Make a bold line that a line break ends the heading of the block it stands in."""
        kind, _ = self._kinds[-1]
        if not (self._words and self._all_bold and kind in {BlockKind.PARAGRAPH, BlockKind.ITEM}):
            return
        text = " ".join("".join(self._pieces).split())
        if text[-1] not in ".!?:;,":
            self._pieces.clear()
            self._words = False
            self._draft.add(BlockKind.HEADING, text)

    def _flush(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        self._words, self._all_bold = False, True
        kind, level = self._kinds[-1]
        if kind is BlockKind.ROW:
            text = text.replace("\n", " ")
            if self._filled <= 1:
                kind = BlockKind.ITEM  # a row of one cell: the table is a list, or only a frame
                text = text.strip(_CELL_END)
        if kind is not BlockKind.VERBATIM:
            lines = (" ".join(line.split()) for line in text.split("\n"))
            text = "\n".join(line for line in lines if line)
        self._cells = self._filled = 0
        self._draft.add(kind, text, level)
