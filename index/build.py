"""Documents to a build: passages, vectors, terms, catalog, manifest.

A build is made aside and knows nothing of what is published, nor of where it is kept. What an
earlier build has worked out of a document that did not change is taken from there: its sentences,
and the vectors of every text. The rest is made from the whole, so that a build equals one made of
nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from corpus import sentences
from corpus.documents import Document
from corpus.reading import Skipped
from index.earlier import Earlier
from index.encoders.protocol import Encoder, Vectors
from index.encoding import Progress, encode, meanwhile
from index.expansion import Expansions
from index.journal import Journal
from index.manifest import Counts, Manifest
from index.merging import Merged, merge
from index.parts import Part, split
from index.ranking import DENSE, DENSE_PARAGRAPH
from index.spelling import Vocabulary
from index.store import Content, Draft
from index.wording import Synonyms

RULES = (
    f"{sentences.RULES}+dedup/1+paragraphs/3+acronyms/1+words/1"
    f"+context/{DENSE_PARAGRAPH / DENSE:.3f}"
)
"""Names all that decides what a build holds, beside its documents; part of every manifest."""

_STAMP = "%Y%m%dT%H%M%SZ"
_STAMP_LENGTH = 16


def build(
    draft: Draft,
    documents: Sequence[Document],
    skipped: Sequence[Skipped],
    *,
    encoder: Encoder,
    earlier: Earlier | None,
    synonyms: Synonyms,
    now: datetime,
    taken: Collection[str],
    progress: Progress,
    journal: Journal | None = None,
) -> Manifest:
    """Write a whole build of `documents` into an empty draft; return its manifest."""
    splits = earlier if earlier and earlier.manifest.rules == RULES else None
    stored = splits.parts() if splits else {}
    parts = [_part(document, stored.get(document.document_id)) for document in documents]
    merged = merge(parts)
    texts = [text for _, text in merged.passages]
    same = earlier if earlier and earlier.is_encoded_by(encoder) else None

    def encoded(progress: Progress) -> tuple[Vectors, Vectors]:
        known = same.passages() if same else None
        vectors = encode(texts, known, encoder, "encoding sentences", progress, journal=journal)
        known = same.paragraphs() if same else None
        return vectors, encode(
            merged.paragraphs, known, encoder, "encoding paragraphs", progress, journal=journal
        )

    with meanwhile(encoded, progress) as vectors:
        acronyms = (acronym for part in parts for acronym in part.acronyms)
        written = draft.write(
            Content(
                parts,
                merged,
                vectors,
                Expansions.of(acronyms, texts, synonyms.groups),
                _vocabulary(merged, splits),
                skipped,
            )
        )
    kinds = [kind for _, _, _, (_, kind, _) in merged.repeats()]
    return Manifest(
        build=_name(now, documents, encoder, draft.engine, taken),
        created_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        encoder=encoder.name,
        dim=encoder.dim,
        weights_sha256=encoder.weights_sha256,
        engine=draft.engine,
        rules=RULES,
        synonyms_sha256=synonyms.sha256,
        counts=Counts(
            documents=len(documents),
            sentences=sum(len(part.passages) for part in parts),
            passages=len(merged.passages),
            paragraphs=len(merged.paragraphs),
            exact_duplicates=kinds.count("exact"),
            near_duplicates=kinds.count("near"),
            skipped=len(skipped),
        ),
        dense=written.dense,
        files=written.files,
    )


def is_made_by(manifest: Manifest, encoder: Encoder, engine: str) -> bool:
    """Tell whether a build was made by these rules, this encoder and this engine."""
    made_by = (manifest.rules, manifest.encoder, manifest.weights_sha256, manifest.engine)
    return made_by == (RULES, encoder.name, encoder.weights_sha256, engine)


def _part(document: Document, known: Part | None) -> Part:
    if known is None or not _reads_the_same(known.document, document):
        return split(document)
    return replace(known, document=document)


def _reads_the_same(one: Document, other: Document) -> bool:
    """Tell whether two documents of one id have the same sentences, in the same places."""
    return (one.title, one.text, one.structure) == (other.title, other.text, other.structure)


def _vocabulary(merged: Merged, earlier: Earlier | None) -> Vocabulary:
    if earlier is None:
        return Vocabulary.of(text for _, text in merged.passages)
    before, now = {*earlier.all_passages}, {*merged.passages}
    gone, come = before - now, now - before
    return earlier.build.vocabulary().changed(
        (text for _, text in gone), (text for _, text in come)
    )


def _name(
    now: datetime,
    documents: Sequence[Document],
    encoder: Encoder,
    engine: str,
    taken: Collection[str],
) -> str:
    """Name a build so that names sort by age, even where the clock was set back."""
    identity = sha256(f"{encoder.name}\n{engine}\n{RULES}\n".encode())
    for document in documents:
        identity.update(f"{document.uri}\n{document.sha256}\n".encode())
    made = now.astimezone(UTC)
    newest = max(taken, default="")[:_STAMP_LENGTH]
    if newest and made.strftime(_STAMP) <= newest:
        made = datetime.strptime(newest, _STAMP).replace(tzinfo=UTC) + timedelta(seconds=1)
    return f"{made.strftime(_STAMP)}-{identity.hexdigest()[:8]}"
