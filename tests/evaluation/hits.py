"""Hits made by hand: passages at chosen places of documents, with chosen scores."""

from dataclasses import fields
from hashlib import sha256
from typing import Any, Literal

from corpus.documents import BlockKind, Document, Passage, Place, Sentence, Span
from index.retriever import Hit


def hit(
    rank: int,
    score: float,
    *places: tuple[Document, int, int],
    text: str = "",
    kind: BlockKind = BlockKind.PARAGRAPH,
    others: Literal["exact", "near"] = "exact",
) -> Hit:
    """Return a hit whose passage stands at `places`; `text` is the first's unless given.

    What evaluation does not read of a hit is None.
    """
    document, start, end = places[0]
    text = text or document.text[start:end]
    made = tuple(
        Place(
            Sentence(one.document_id, 1, first, last, kind, Span(first, last)),
            others if number else "exact",
            1.0 if others == "exact" or not number else 0.9,
        )
        for number, (one, first, last) in enumerate(places)
    )
    passage_id = sha256(f"{text}{made}".encode()).hexdigest()[:16]
    read: dict[str, Any] = dict.fromkeys(field.name for field in fields(Hit))
    read |= {"passage": Passage(passage_id, text, made), "score": score, "rank": rank}
    return Hit(**read)
