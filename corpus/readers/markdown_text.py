"""Markdown (CommonMark with tables), read as the page that it renders to."""

import re
from dataclasses import replace

from markdown_it import MarkdownIt

from corpus.declarations import declared
from corpus.errors import Reason, UnreadableError
from corpus.normalize import canonical
from corpus.readers.content import Content
from corpus.readers.decoding import decode
from corpus.readers.web_page import page_content

# Lines of "key: value" between rules at the very start; a text may begin with a rule as well.
_FRONT_MATTER = re.compile(
    r"\A---[ \t]*\n"
    r"((?:[\w-]+:(?:[ \t].*)?\n|[ \t]+\S.*\n|- .*\n|#.*\n)+)"
    r"(?:---|\.\.\.)[ \t]*(?:\n|\Z)"
)
# The library leaves out what is nested deeper than this, without a word; Python's stack ends first.
_DEEPEST = 1_000_000
_FIELD = re.compile(r"""^([\w-]+):[ \t]*(["']?)(.+?)\2[ \t]*$""", re.MULTILINE)


def read(data: bytes) -> Content:
    """Read Markdown; marks of emphasis and links vanish, headings, lists and tables stay.

    Front matter is about the document and no part of its text; read are its title, and what it
    declares in `last_reviewed`, `next_review_due`, `audience` and `language`.
    """
    text = canonical(decode(data))
    fields: list[tuple[str, str]] = []
    if front := _FRONT_MATTER.match(text):
        text = text[front.end() :]
        fields = [(name, value) for name, _, value in _FIELD.findall(front[1])]
    try:
        rendered = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").render(text)
    except RecursionError as error:
        raise UnreadableError(
            Reason.TOO_DEEP, "its lists or quotations are nested too deeply; write them flatter"
        ) from error
    content = page_content(rendered)
    title = next((value for name, value in fields if name == "title"), content.title)
    return replace(content, title=title, attributes=declared(fields))
