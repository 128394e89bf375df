"""Sentences as spans of a document: structure first, then sentences inside each block.

Boundaries inside a block are nupunkt's (Bommarito, Katz and Bommarito 2025), mended in three ways:
one is removed after a clinical abbreviation that the sentence runs on from ("2.5 mg t.d.s. or"),
one is added after a disease's initials ("a symptom of MS. Spasticity", which nupunkt takes for a
title), and a sentence too long to be read or embedded is parted where punctuation allows.
"""

import re
from collections.abc import Iterator

import nupunkt

from corpus.documents import Block, BlockKind, Document, Sentence, Span

RULES = "nupunkt-0.8/1"
"""Names everything that decides where sentences end; a change of it makes old builds stale."""

LONGEST = 1_000
"""Code points; about the longest stretch that still reads, and embeds, as one statement."""

_WORD = re.compile(r"\w")
_ABBREVIATION = re.compile(
    r"\b(?:(?:[A-Za-z]\.){2,}"  # b.d. t.d.s. G.P.
    r"|(?:approx|no|nos|figs?|vol|dr|mrs?|ms|prof|st|dept|tel|ext|vs|etc|incl|max|min|pts?|tabs?"
    r"|caps?|inj|wks?|hrs?|yrs?|mg|ml|kg|mcg|cm|mm)\.)$",
    re.IGNORECASE,
)
_INITIALS_END = re.compile(r"\b(?!(?:DR|MR|MRS|ST|NO|FIG|VOL|PROF|VS)\.)[A-Z]{2,6}\.\s+(?=[A-Z])")
_SOFT_BREAKS = (re.compile(r"[;:]\s"), re.compile(r",\s"), re.compile(r"\s"))
_PARAGRAPH_LENGTH = 1_200


def sentences(document: Document) -> list[Sentence]:
    """Return the document's sentences in order, with the paragraph that each stands in."""
    found: list[Sentence] = []
    for group in _paragraphs(document):
        spans = [(block, span) for block in group for span in _block_sentences(document, block)]
        for chunk in _chunks(spans):
            paragraph = Span(chunk[0][1].start, chunk[-1][1].end)
            for block, span in chunk:
                ordinal = len(found) + 1
                found.append(
                    Sentence(
                        document.document_id, ordinal, span.start, span.end, block.kind, paragraph
                    )
                )
    return found


def spans(text: str) -> list[Span]:
    """Return the sentences of running text as spans of it, without surrounding white space."""
    # One character for one: offsets stay those of `text`.
    flat = text.replace("\n", " ")
    parts = [Span(start, end) for start, end in nupunkt.sent_spans(flat)]
    mended: list[Span] = []
    for part in parts:
        if mended and _runs_on(
            flat[mended[-1].start : mended[-1].end], flat[part.start : part.end]
        ):
            mended[-1] = Span(mended[-1].start, part.end)
        else:
            mended.append(part)
    return [
        trimmed
        for part in mended
        for whole in _parted_after_initials(flat, part)
        for piece in _short_enough(flat, whole)
        if (trimmed := _trim(flat, piece)) is not None
    ]


def _runs_on(before: str, after: str) -> bool:
    """Tell whether `after`, in lower case, goes on from an abbreviation that ends `before`."""
    after = after.lstrip()
    return after[:1].islower() and _ABBREVIATION.search(before.rstrip()) is not None


def _parted_after_initials(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    if not text[span.start : span.end].isupper():
        for match in _INITIALS_END.finditer(text, span.start, span.end):
            yield Span(start, match.end())
            start = match.end()
    yield Span(start, span.end)


def _short_enough(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    while span.end - start > LONGEST:
        window = text[start : start + LONGEST]
        cut = LONGEST
        for mark in _SOFT_BREAKS:
            ends = [match.end() for match in mark.finditer(window, LONGEST // 2)]
            if ends:
                cut = ends[-1]
                break
        yield Span(start, start + cut)
        start += cut
    yield Span(start, span.end)


def _trim(text: str, span: Span) -> Span | None:
    """Shrink a span to its visible characters; None where it holds no letter and no digit."""
    piece = text[span.start : span.end]
    if not _WORD.search(piece):
        return None
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, start + len(piece.strip()))


def _block_sentences(document: Document, block: Block) -> list[Span]:
    text = document.text[block.start : block.end]
    if block.kind in {BlockKind.HEADING, BlockKind.ROW}:
        inside = list(_short_enough(text, Span(0, len(text))))
    elif block.kind is BlockKind.VERBATIM:
        inside = [
            piece
            for match in re.finditer(r"[^\n]+", text)
            for piece in _short_enough(text, Span(match.start(), match.end()))
        ]
    else:
        inside = spans(text)
    trimmed = (_trim(text, piece) for piece in inside)
    return [Span(block.start + one.start, block.start + one.end) for one in trimmed if one]


def _paragraphs(document: Document) -> Iterator[list[Block]]:
    """Group blocks that are read together: a list or table with the line that introduces it."""
    group: list[Block] = []
    for block in document.structure.blocks:
        together = (
            group
            and block.kind in {BlockKind.ITEM, BlockKind.ROW}
            and (
                group[-1].kind is block.kind
                or (
                    document.text[group[-1].end - 1] == ":"
                    and group[-1].kind is not BlockKind.HEADING
                )
            )
        )
        if group and not together:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _chunks(spans: list[tuple[Block, Span]]) -> Iterator[list[tuple[Block, Span]]]:
    """Part a paragraph longer than an encoder reads into runs of whole sentences."""
    chunk: list[tuple[Block, Span]] = []
    for entry in spans:
        if chunk and entry[1].end - chunk[0][1].start > _PARAGRAPH_LENGTH:
            yield chunk
            chunk = []
        chunk.append(entry)
    if chunk:
        yield chunk
