"""Answers and passages as they are sent."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, Self

from pydantic import Field

from corpus.attributes import ReviewStatus
from index.catalog import Card
from index.filters import to_json
from index.located import Located
from service.answering import Answer, Receipt, Understood
from service.citations import Citation
from service.schemas.body import Body
from service.version import VERSION


class DocumentBody(Body):
    """A document as a citation names it."""

    id: str
    title: str
    uri: str
    media_type: str
    sha256: str = Field(description="SHA-256 of the source file's bytes.")
    last_reviewed: date | None
    next_review_due: date | None
    review_status: ReviewStatus


class PageBody(Body):
    """A page: counted from 1, and its label as printed."""

    number: int
    label: str


class OffsetsBody(Body):
    """The quote's offsets in the document's text, half open, in three units."""

    start: int = Field(description="Unicode code points, as Python counts.")
    end: int
    utf16_start: int = Field(description="UTF-16 code units, as JavaScript counts.")
    utf16_end: int
    byte_start: int = Field(description="UTF-8 bytes.")
    byte_end: int

    @classmethod
    def of(cls, at: Located) -> Self:
        """Return the offsets of a sentence."""
        return cls(
            start=at.sentence.start,
            end=at.sentence.end,
            utf16_start=at.utf16.start,
            utf16_end=at.utf16.end,
            byte_start=at.utf8.start,
            byte_end=at.utf8.end,
        )


class ContextBody(Body):
    """The sentences around; `highlight` are ranges of code points in `text`."""

    text: str
    highlight: list[tuple[int, int]]


class AlsoInBody(Body):
    """Another place where the same sentence stands."""

    collection: str
    document_id: str
    sentence: int
    line: int
    url: str
    kind: Literal["exact", "near"]
    similarity: float


class ScoresBody(Body):
    """The signals behind a score; null for one that was not used."""

    dense: float | None
    dense_paragraph: float | None
    lexical: float | None
    lexical_paragraph: float | None
    fused: float
    rerank: float | None


class CitationBody(Body):
    """A quote with its exact place."""

    id: str
    rank: int
    score: float
    quote: str
    prefix: str
    suffix: str
    collection: str
    document: DocumentBody
    section: list[str]
    page: PageBody | None
    line: int
    sentence: int
    offsets: OffsetsBody
    context: ContextBody
    url: str
    original_url: str | None = Field(
        default=None, description="The file itself, where it is kept; a PDF's at the quote's page."
    )
    also_in: list[AlsoInBody] = Field(description="The first 20 other places.")
    also_in_total: int = Field(description="How many other places there are.")
    scores: ScoresBody | None = Field(default=None, description="Only with `explain`.")


class ConfidenceBody(Body):
    """How sure, in measured words; `bucket` is null where there is no answer."""

    bucket: Literal["low", "medium", "high"] | None
    score: float
    meaning: str


class AnswerText(Body):
    """One stretch of a document: the first citation's quote, after the sentences it leans on.

    The sentences before are those of its context, so the text is always a part of that.
    """

    text: str
    citation_ids: list[str]


class QueryBody(Body):
    """What was made of the question."""

    expanded: list[str] = Field(
        description="What was searched with beside the question: other words for its words; and "
        "the mended question, where the one that was asked found nothing."
    )
    did_you_mean: str | None = Field(description="The question with misspelt words mended.")


class AskedContext(Body):
    """How many sentences before and after were asked for."""

    before: int
    after: int


class AskedBody(Body):
    """The request, but for its question; `collections` are those that were asked, in order.

    `day` is the one on which reviews were overdue or not.
    """

    collections: list[str]
    top_k: int
    context: AskedContext
    mode: Literal["hybrid", "dense", "lexical"]
    min_confidence: Literal["low", "medium", "high"]
    filters: dict[str, Any] | None = None
    day: date | None = None


class ReceiptBody(Body):
    """What the answer was made with; of several collections, with commas in their order."""

    build: str
    index_sha256: str
    encoder: str
    encoder_sha256: str
    parameters_sha256: str
    version: str
    asked: AskedBody


class SearchResponse(Body):
    """Passages, best first."""

    citations: list[CitationBody]
    query: QueryBody
    receipt: ReceiptBody
    request_id: str
    took_ms: float


class AnswerResponse(Body):
    """An answer in one of three states."""

    status: Literal["answered", "low_confidence", "no_answer"]
    reason: Literal["nothing_relevant", "filtered_out", "too_short", "empty_index"] | None
    confidence: ConfidenceBody
    answer: AnswerText | None
    citations: list[CitationBody]
    query: QueryBody
    receipt: ReceiptBody
    request_id: str
    took_ms: float


def document_body(document: Card, status: ReviewStatus) -> DocumentBody:
    """Return a document as a citation names it; `status` is that of its review today."""
    return DocumentBody(
        id=document.document_id,
        title=document.title,
        uri=document.uri,
        media_type=document.media_type,
        sha256=document.sha256,
        last_reviewed=document.attributes.last_reviewed,
        next_review_due=document.attributes.next_review_due,
        review_status=status,
    )


def citation_body(citation: Citation, *, explain: bool) -> CitationBody:
    """Return a citation as it is sent."""
    hit, at, document = citation.hit, citation.place, citation.document
    sentence, signals = at.sentence, hit.signals
    return CitationBody(
        id=citation.citation_id,
        rank=int(citation.citation_id.removeprefix("c")),
        score=round(hit.score, 4),
        quote=citation.quote,
        prefix=citation.prefix,
        suffix=citation.suffix,
        collection=citation.collection,
        document=document_body(document, citation.review_status),
        section=list(at.section),
        page=PageBody(number=at.page[0], label=at.page[1]) if at.page else None,
        line=at.line,
        sentence=sentence.ordinal,
        offsets=OffsetsBody.of(at),
        context=ContextBody(text=citation.context, highlight=[citation.highlight]),
        url=citation.url,
        original_url=citation.original_url,
        also_in=[
            AlsoInBody(
                collection=other.collection,
                document_id=other.document_id,
                sentence=other.sentence,
                line=other.line,
                url=other.url,
                kind=other.kind,
                similarity=other.similarity,
            )
            for other in citation.also_in
        ],
        also_in_total=citation.also_in_total,
        scores=ScoresBody(
            dense=signals.dense,
            dense_paragraph=signals.dense_paragraph,
            lexical=signals.lexical,
            lexical_paragraph=signals.lexical_paragraph,
            fused=hit.fused,
            rerank=signals.rerank,
        )
        if explain
        else None,
    )


def answer_body(found: Answer, *, explain: bool, request_id: str, took_ms: float) -> AnswerResponse:
    """Return an answer as it is sent."""
    citations = [citation_body(one, explain=explain) for one in found.citations]
    return AnswerResponse(
        status=found.status,
        reason=found.reason,
        confidence=ConfidenceBody(
            bucket=found.level.bucket if found.level else None,
            score=round(found.score, 4),
            meaning=found.meaning,
        ),
        answer=AnswerText(text=found.citations[0].statement, citation_ids=[citations[0].id])
        if citations
        else None,
        citations=citations,
        query=_query_body(found.query),
        receipt=_receipt_body(found.receipt),
        request_id=request_id,
        took_ms=took_ms,
    )


def search_body(
    found: tuple[Sequence[Citation], Understood, Receipt],
    *,
    explain: bool,
    request_id: str,
    took_ms: float,
) -> SearchResponse:
    """Return found passages as they are sent."""
    citations, query, receipt = found
    return SearchResponse(
        citations=[citation_body(one, explain=explain) for one in citations],
        query=_query_body(query),
        receipt=_receipt_body(receipt),
        request_id=request_id,
        took_ms=took_ms,
    )


def _query_body(query: Understood) -> QueryBody:
    return QueryBody(
        expanded=[*query.expanded, *filter(None, [query.searched_instead])],
        did_you_mean=query.did_you_mean,
    )


def _receipt_body(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody(
        build=receipt.build,
        index_sha256=receipt.index_sha256,
        encoder=receipt.encoder,
        encoder_sha256=receipt.encoder_sha256,
        parameters_sha256=receipt.parameters_sha256,
        version=VERSION,
        asked=AskedBody(
            collections=list(receipt.asked.collections or ()),
            top_k=receipt.asked.top_k,
            context=AskedContext(before=receipt.asked.before, after=receipt.asked.after),
            mode=receipt.asked.mode,
            min_confidence=receipt.asked.min_confidence,
            filters=dict(to_json(receipt.asked.filters)) if receipt.asked.filters else None,
            day=receipt.day,
        ),
    )
