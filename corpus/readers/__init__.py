"""Readers: one pure function a format, from bytes to text and structure.

A reader is named by its media type and imported when it is first asked for, so that a format's
library costs nothing until a document needs it. A reader raises `UnreadableError` and nothing else
for bytes it cannot read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from corpus.readers.content import Content


@dataclass(frozen=True, slots=True)
class Format:
    """A format's reader as "module:function", and its version.

    A change of what the reader makes of the same bytes counts `version` up: documents that an
    older version read are read again.
    """

    reader: str
    version: int


READERS: dict[str, Format] = {
    "text/plain": Format("corpus.readers.plain_text:read", 2),
    "text/markdown": Format("corpus.readers.markdown_text:read", 2),
    "text/html": Format("corpus.readers.web_page:read", 2),
    "application/pdf": Format("corpus.readers.pdf:read", 1),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Format(
        "corpus.readers.word_document:read", 1
    ),
    "application/vnd.oasis.opendocument.text": Format("corpus.readers.open_document:read", 1),
    "application/rtf": Format("corpus.readers.rich_text:read", 1),
    "application/epub+zip": Format("corpus.readers.book:read", 1),
    "text/csv": Format("corpus.readers.separated_values:read", 1),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Format(
        "corpus.readers.spreadsheet:read", 1
    ),
    "application/jsonl": Format("corpus.readers.json_lines:read", 1),
}

MEDIA_TYPES = {
    ".txt": "text/plain",
    ".text": "text/plain",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "text/html",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".rtf": "application/rtf",
    ".epub": "application/epub+zip",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".tsv": "text/csv",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Reader = Callable[[bytes], Content]


def reader(media_type: str) -> Reader:
    """Return the function that reads `media_type`; KeyError for one that is not in READERS."""
    module, _, attribute = READERS[media_type].reader.partition(":")
    function: Reader = getattr(import_module(module), attribute)
    return function


def read_by(media_type: str) -> str:
    """Return the name under which a document remembers what read it."""
    return f"{media_type}/{READERS[media_type].version}"
