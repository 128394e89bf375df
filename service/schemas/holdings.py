"""Documents, collections and builds as they are sent."""

from datetime import date
from typing import Self

from pydantic import Field

from corpus.attributes import ReviewStatus, review_status
from index.catalog import Card
from index.manifest import Manifest
from service.desk import Kept
from service.links import document_url, original_url
from service.schemas.body import Body


class HeldDocument(Body):
    """A document in a list."""

    id: str
    collection: str
    title: str
    uri: str
    media_type: str
    sha256: str
    last_reviewed: date | None
    next_review_due: date | None
    review_status: ReviewStatus
    sentences: int
    url: str
    original_url: str | None = Field(default=None, description="The file itself, where it is kept.")

    @classmethod
    def of(cls, card: Card, collection: str, today: date, *, original: bool) -> Self:
        """Return the body for a document of a collection, its review judged as of `today`.

        `original` is whether its file is kept.
        """
        return cls(
            id=card.document_id,
            collection=collection,
            title=card.title,
            uri=card.uri,
            media_type=card.media_type,
            sha256=card.sha256,
            last_reviewed=card.attributes.last_reviewed,
            next_review_due=card.attributes.next_review_due,
            review_status=review_status(card.attributes, today),
            sentences=card.sentences,
            url=document_url(card.document_id),
            original_url=original_url(card.document_id) if original else None,
        )


class KeptResponse(HeldDocument):
    """A document as it is held after an upload, and the build that holds it."""

    build: str

    @classmethod
    def of_kept(cls, kept: Kept) -> Self:
        """Return the body for a document that was put."""
        held = HeldDocument.of(kept.card, kept.collection, kept.today, original=kept.original)
        return cls(**held.model_dump(), build=kept.build)


class ChangeResponse(Body):
    """What a change published."""

    collection: str
    build: str


class DocumentsResponse(Body):
    """The documents held."""

    documents: list[HeldDocument]


class SectionBody(Body):
    """A heading path over the text that it governs."""

    path: list[str]
    start: int
    end: int


class PageSpan(Body):
    """A page over its text."""

    number: int
    label: str
    start: int
    end: int


class SentenceBody(Body):
    """A sentence's ordinal, span and line."""

    sentence: int
    start: int
    end: int
    line: int


class DocumentResponse(HeldDocument):
    """A document with its canonical text; every offset counts its code points."""

    text: str
    sections: list[SectionBody]
    pages: list[PageSpan]
    sentence_spans: list[SentenceBody]


class CollectionBody(Body):
    """A collection and the build that is served of it."""

    name: str
    build: str
    created_at: str
    encoder: str
    engine: str
    documents: int
    sentences: int
    passages: int
    exact_duplicates: int
    near_duplicates: int
    skipped: int

    @classmethod
    def of(cls, name: str, manifest: Manifest) -> Self:
        """Return the body for a collection."""
        counts = manifest.counts
        return cls(
            name=name,
            build=manifest.build,
            created_at=manifest.created_at,
            encoder=manifest.encoder,
            engine=manifest.engine,
            documents=counts.documents,
            sentences=counts.sentences,
            passages=counts.passages,
            exact_duplicates=counts.exact_duplicates,
            near_duplicates=counts.near_duplicates,
            skipped=counts.skipped,
        )


class CollectionsResponse(Body):
    """The collections held."""

    collections: list[CollectionBody]


class BuildBody(Body):
    """A kept build; one of them is current."""

    id: str
    current: bool


class BuildsResponse(Body):
    """The kept builds of a collection, oldest first."""

    collection: str
    builds: list[BuildBody]
