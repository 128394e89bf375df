"""Sentences as spans of a document: structure first, then sentences inside each block.

Boundaries inside a block are nupunkt's (Bommarito, Katz and Bommarito 2025) over the words of
corpus.abbreviations, mended in four ways: one is removed where the sentence runs on (a unit without
its space, "Sat. 5 May", a lone "2."), one is added after letters that are no abbreviation ("MS.
Spasticity", "vitamin C. You", "1.68 m. You"), one is moved behind the quotation and reference marks
that belong to the sentence, and a sentence too long to be read or embedded is parted where
punctuation allows.
"""

import re
from collections.abc import Iterator

from corpus.abbreviations import tokenizer
from corpus.documents import Block, BlockKind, Document, Sentence, Span

RULES = "nupunkt-0.8/1"
"""Names everything that decides where sentences end; a change of it makes old builds stale."""

LONGEST = 1_000
"""Code points; about the longest stretch that still reads, and embeds, as one statement."""

_WORD = re.compile(r"[^\W_]")
# "5mg.", "10 ml." with the rest of the sentence in lower case after it
_UNIT = re.compile(r"\d\s?(?:mg|mcg|g|kg|ml|l|mm|cm|m|hrs?|wks?|yrs?|mins?)\.$", re.IGNORECASE)
# Days and months that are words as well: they are abbreviations only before a number.
_DAY_OR_MONTH = re.compile(r"\b(?:Sat|Sun|Mar)\.$")
_NUMBER_ALONE = re.compile(r"(?:^\W?|(?<!\S)[\"\u201c([])(?:\d{1,3}|[a-z])[.)]+$")
_OWN_NAME = re.compile(
    r"(?:\b(?!(?:DR|MR|MRS|ST|NO|FIG|VOL|PROF|VS)\.)[A-Z]{2,6}"
    r"|\b(?i:vitamin|hepatitis|influenza|type|group|grade|stage|class|phase|part|factor|plan|ward"
    r"|section|appendix|table|figure|clinic|step|option)\s[A-Z]"
    r"|\d\s?[a-z])\.\s+(?=[A-Z])"
)
# What may follow a sentence's full stop and still be part of it: 'He said "stop."[3]'
_TAIL = re.compile(
    r"[\"'\u2019\u201d)\]]*(?:\s?\[\d{1,3}(?:[,\u2013-]\s?\d{1,3})*\])+(?=\s|$)"
    r"|[\"'\u2019\u201d)\]]+(?=\s|$)"
)
# "!!!!!…" says no more after the twentieth mark, and takes time with the square of its length.
_LONG_RUN = re.compile(r"(?<=[.!?\u2026]{20})[.!?\u2026]+")
_SOFT_BREAKS = (re.compile(r"[;:]\s"), re.compile(r",\s"), re.compile(r"\s"))
_PARAGRAPH_LENGTH = 1_200
_SPLITTER = tokenizer()


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
    flat = _LONG_RUN.sub(lambda run: " " * len(run[0]), text.replace("\n", " "))
    mended: list[Span] = []
    for start, end in _SPLITTER.span_tokenize(flat):
        # Only the last characters are looked at: a sentence joined many times may be long.
        before = flat[max(mended[-1].start, mended[-1].end - 40) : mended[-1].end] if mended else ""
        tail = _TAIL.match(flat, start, end) if mended else None
        if mended and _runs_on(before.rstrip(), flat[start]):
            mended[-1] = Span(mended[-1].start, end)
        elif tail is not None:
            mended[-1] = Span(mended[-1].start, tail.end())
            mended.append(Span(tail.end(), end))
        else:
            mended.append(Span(start, end))
    return [
        trimmed
        for part in mended
        for whole in _parted_after_names(flat, part)
        for piece in _short_enough(flat, whole)
        if (trimmed := _trim(flat, piece)) is not None
    ]


def _runs_on(before: str, after: str) -> bool:
    """Tell whether the character `after` goes on with the sentence that `before` seemed to end."""
    return (
        (after.islower() and _UNIT.search(before) is not None)
        or (after.isdigit() and _DAY_OR_MONTH.search(before) is not None)
        or _NUMBER_ALONE.search(before) is not None
    )


def _parted_after_names(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    if not text[span.start : span.end].isupper():
        for match in _OWN_NAME.finditer(text, span.start, span.end):
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
