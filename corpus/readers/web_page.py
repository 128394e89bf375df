"""HTML: the text that a person reads, block by block; scripts, styles and navigation left out."""

from selectolax.lexbor import LexborHTMLParser, LexborNode

from corpus.documents import BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.readers.content import Content, Draft
from corpus.readers.decoding import decode

_UNREAD = frozenset(
    [
        "script",
        "style",
        "template",
        "noscript",
        "head",
        "nav",
        "svg",
        "math",
        "iframe",
        "object",
        "button",
        "select",
        "option",
        "textarea",
        "datalist",
        "canvas",
        "audio",
        "video",
    ]
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
) | frozenset(_HEADINGS)
_CELLS = frozenset({"td", "th"})


def read(data: bytes) -> Content:
    """Read an HTML page."""
    return page_content(decode(data, declared=True))


def page_content(html: str) -> Content:
    """Return what `html` shows a reader; its title is <title>, else the first <h1>."""
    tree = LexborHTMLParser(html)
    main = tree.css("main, [role=main]")
    root = main[0] if len(main) == 1 and main[0].text(strip=True) else tree.body
    walk = _Walk()
    if root is not None:
        walk.read(root)
    first = tree.css_first("h1")
    title = tree.css_first("head > title")
    text = (title.text() if title else "").strip() or (first.text() if first else "")
    content = walk.draft.content(text)
    if not any(character.isalnum() for character in content.text):
        raise UnreadableError(Reason.NO_TEXT, "the page has no words in it")
    return content


class _Walk:
    """A walk over the tree, without recursion: pages nest deeper than Python's stack."""

    def __init__(self) -> None:
        self.draft = Draft()
        self._pieces: list[str] = []
        self._kinds: list[tuple[BlockKind, int]] = [(BlockKind.PARAGRAPH, 0)]

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
            if tag in _UNREAD or tag.startswith(("-", "!", "_")) or "hidden" in node.attributes:
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
            self._pieces.append(f"{lead}{' '.join(text.split())}{trail}")

    def _enter(self, tag: str) -> None:
        if tag == "br":
            self._pieces.append("\n")
        elif tag in _CELLS:
            if "".join(self._pieces).strip():
                self._pieces.append(" | ")
        elif tag in _BLOCKS and not self._inside_row(tag):
            self._flush()
            self._kinds.append(self._kind(tag))

    def _leave(self, tag: str) -> None:
        if tag in _BLOCKS and not self._inside_row(tag):
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

    def _flush(self) -> None:
        text = "".join(self._pieces)
        self._pieces.clear()
        kind, level = self._kinds[-1]
        if kind is not BlockKind.VERBATIM:
            lines = (" ".join(line.split()) for line in text.split("\n"))
            text = "\n".join(line for line in lines if line)
        if kind is BlockKind.ROW:
            text = text.replace("\n", " ")
        self.draft.add(kind, text, level)
