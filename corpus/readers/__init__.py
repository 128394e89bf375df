"""Readers: one pure function a format, from bytes to text and structure.

A reader is named by its media type and imported when it is first asked for, so that a format's
library costs nothing until a document needs it. A reader raises `UnreadableError` and nothing else
for bytes it cannot read.
"""

from collections.abc import Callable
from importlib import import_module

from corpus.readers.content import Content

READERS = {
    "text/plain": "corpus.readers.plain_text:read",
    "text/markdown": "corpus.readers.markdown_text:read",
    "text/html": "corpus.readers.web_page:read",
}

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
}

Reader = Callable[[bytes], Content]


def reader(media_type: str) -> Reader:
    """Return the function that reads `media_type`; KeyError for one that is not in READERS."""
    module, _, attribute = READERS[media_type].partition(":")
    function: Reader = getattr(import_module(module), attribute)
    return function
