"""The values every other room speaks of: documents, sentences, places, passages.

All offsets count Unicode code points of a document's canonical text, from 0, half open:
`document.text[start:end]` is the span's text. Ordinals and line numbers count from 1.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Literal


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a document's text, in code points, half open."""

    start: int
    end: int


class BlockKind(StrEnum):
    """What a block of text is to its reader."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"
    VERBATIM = "verbatim"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item, table row or verbatim text; sentences never cross blocks.

    `level` is 1..6 for a heading that governs all up to the next of its level, 0 for a heading that
    governs only the block below it, and 0 for every other kind.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its number counted from 1, and its label as printed, over a span of text."""

    number: int
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Structure:
    """What is known of a text beyond its characters: blocks and pages, each sorted by start."""

    blocks: tuple[Block, ...]
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a document says of itself; None where it does not.

    `language` is a BCP 47 tag in its usual case ("en", "da", "zh-Hant"); `audience` is in lower
    case, as it stands ("patient", "staff").
    """

    language: str | None = None
    audience: str | None = None
    last_reviewed: date | None = None
    next_review_due: date | None = None


UNSAID = Attributes()
"""The attributes of a document that says nothing of itself."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as read: canonical text, its structure, and what it was read from.

    `uri` is the POSIX path under the corpus root or a URL; `document_id` is derived from it.
    `sha256` is of the source's bytes; `source` is the absolute path that was read, "" for a
    document that came by another way. `read_by` names the reader and its version: the same bytes
    read by the same reader are the same document.
    """

    document_id: str
    uri: str
    title: str
    media_type: str
    text: str
    structure: Structure
    sha256: str
    source: str = ""
    attributes: Attributes = UNSAID
    read_by: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A span of a document that is quoted as a whole; `ordinal` counts from 1 in its document.

    `paragraph` is the span the sentence stands in (for context), `kind` that of its block.
    """

    document_id: str
    ordinal: int
    start: int
    end: int
    kind: BlockKind
    paragraph: Span


@dataclass(frozen=True, slots=True)
class Place:
    """One occurrence of a passage.

    `kind` is "exact" when the sentence reads the same (but for white space and the shape of
    quotes and dashes), else "near"; `similarity` is 1.0 for exact, below 1.0 for near.
    """

    sentence: Sentence
    kind: Literal["exact", "near"]
    similarity: float


@dataclass(frozen=True, slots=True)
class Passage:
    """One distinct sentence with all its places; the first place is the canonical one."""

    passage_id: str
    text: str
    places: tuple[Place, ...]


def document_id(uri: str) -> str:
    """Derive a document's id from its uri: readable, URL-safe, and the same at every reading.

    >>> document_id("leaflets/MS spasticity.txt")
    'ms-spasticity-883dc72f1c'
    """
    stem = PurePosixPath(uri).stem if "/" in uri or "." in uri else uri
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:48].strip("-") or "document"
    return f"{slug}-{hashlib.sha256(uri.encode()).hexdigest()[:10]}"
