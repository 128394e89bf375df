"""Markdown (CommonMark with tables), read as the page that it renders to."""

from markdown_it import MarkdownIt

from corpus.readers.content import Content
from corpus.readers.decoding import decode
from corpus.readers.web_page import page_content


def read(data: bytes) -> Content:
    """Read Markdown; marks of emphasis and links vanish, headings, lists and tables stay."""
    rendered = MarkdownIt("commonmark").enable("table").render(decode(data))
    return page_content(rendered)
