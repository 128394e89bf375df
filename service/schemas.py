"""The bodies of requests and responses of the native API; the one place where pydantic checks."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from index.catalog import Card
from index.manifest import Manifest
from service.answering import Answer, Citation, Question, Receipt, Understood
from service.errors import RequestError
from service.links import document_url
from service.version import VERSION

LONGEST_QUESTION = 1_000


def _plain(text: str) -> str:
    for character in text:
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\t\n\r":
            raise ValueError("must not contain control characters")
    return text


QuestionText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUESTION),
    AfterValidator(_plain),
]
CollectionName = Annotated[str, StringConstraints(min_length=1, max_length=63)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_Request = TypeVar("_Request", bound=BaseModel)


def check(model: type[_Request], values: Mapping[str, object]) -> _Request:
    """Check values that did not come over HTTP; RequestError names the first fault."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        where = "/".join(str(part) for part in fault["loc"])
        # Without its cause: that repeats the question, and a log at level debug would show it.
        raise RequestError(f"{where}: {fault['msg'].removeprefix('Value error, ')}") from None


class Surroundings(_Strict):
    """How many sentences to show before and after the quote."""

    before: int = Field(default=1, ge=0, le=5)
    after: int = Field(default=1, ge=0, le=5)


class SearchRequest(_Strict):
    """A question for passages."""

    question: QuestionText = Field(examples=["what can make spasticity worse?"])
    collections: list[CollectionName] | None = Field(
        default=None, min_length=1, max_length=100, description="Default: all that you may read."
    )
    top_k: int = Field(default=5, ge=1, le=50)
    context: Surroundings = Surroundings()
    mode: Literal["hybrid", "dense", "lexical"] = "hybrid"
    explain: bool = False

    def to_question(self) -> Question:
        """Return what the request asks for."""
        return Question(
            text=self.question,
            collections=None if self.collections is None else tuple(self.collections),
            top_k=self.top_k,
            before=self.context.before,
            after=self.context.after,
            mode=self.mode,
        )


class AnswerRequest(SearchRequest):
    """A question for an answer."""

    min_confidence: Literal["low", "medium", "high"] = "low"

    def to_question(self) -> Question:
        """Return what the request asks for."""
        question = super().to_question()
        return Question(
            question.text,
            question.collections,
            question.top_k,
            question.before,
            question.after,
            question.mode,
            self.min_confidence,
        )


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


class ProblemBody(_Body):
    """An error, as RFC 9457 has it; no word of the request's own is in it."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    instance: str | None = Field(default=None, description="The route.")
    errors: list[dict[str, str]] | None = Field(
        default=None, description="For each fault, `pointer` to the field and `detail`."
    )


class DocumentBody(_Body):
    """A document as a citation names it."""

    id: str
    title: str
    uri: str
    media_type: str
    sha256: str = Field(description="SHA-256 of the source file's bytes.")
    last_reviewed: str | None = None
    next_review_due: str | None = None
    review_status: Literal["current", "overdue", "unknown"] = "unknown"


class PageBody(_Body):
    """A page: counted from 1, and its label as printed."""

    number: int
    label: str


class OffsetsBody(_Body):
    """The quote's offsets in the document's text, half open, in three units."""

    start: int = Field(description="Unicode code points, as Python counts.")
    end: int
    utf16_start: int = Field(description="UTF-16 code units, as JavaScript counts.")
    utf16_end: int
    byte_start: int = Field(description="UTF-8 bytes.")
    byte_end: int


class ContextBody(_Body):
    """The sentences around; `highlight` are ranges of code points in `text`."""

    text: str
    highlight: list[tuple[int, int]]


class AlsoInBody(_Body):
    """Another place where the same sentence stands."""

    collection: str
    document_id: str
    sentence: int
    line: int
    url: str
    kind: Literal["exact", "near"]
    similarity: float


class ScoresBody(_Body):
    """The signals behind a score; null for one that was not used."""

    dense: float | None
    dense_paragraph: float | None
    lexical: float | None
    lexical_paragraph: float | None
    fused: float
    rerank: float | None


class CitationBody(_Body):
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
    also_in: list[AlsoInBody]
    scores: ScoresBody | None = Field(default=None, description="Only with `explain`.")


class ConfidenceBody(_Body):
    """How sure, in measured words; `bucket` is null where there is no answer."""

    bucket: Literal["low", "medium", "high"] | None
    score: float
    meaning: str


class AnswerText(_Body):
    """One stretch of a document: the first citation's quote, after the sentences it leans on.

    The sentences before are those of its context, so the text is always a part of that.
    """

    text: str
    citation_ids: list[str]


class QueryBody(_Body):
    """What was made of the question."""

    expanded: list[str] = Field(
        description="What was searched with beside the question: other words for its words; and "
        "the mended question, where the one that was asked found nothing."
    )
    did_you_mean: str | None = Field(description="The question with misspelt words mended.")


class ReceiptBody(_Body):
    """What the answer was made with."""

    build: str
    index_sha256: str
    encoder: str
    encoder_sha256: str
    parameters_sha256: str
    version: str


class SearchResponse(_Body):
    """Passages, best first."""

    citations: list[CitationBody]
    query: QueryBody
    receipt: ReceiptBody
    request_id: str
    took_ms: float


class AnswerResponse(_Body):
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
        document=DocumentBody(
            id=document.document_id,
            title=document.title,
            uri=document.uri,
            media_type=document.media_type,
            sha256=document.sha256,
        ),
        section=list(at.section),
        page=PageBody(number=at.page[0], label=at.page[1]) if at.page else None,
        line=at.line,
        sentence=sentence.ordinal,
        offsets=OffsetsBody(
            start=sentence.start,
            end=sentence.end,
            utf16_start=at.utf16.start,
            utf16_end=at.utf16.end,
            byte_start=at.utf8.start,
            byte_end=at.utf8.end,
        ),
        context=ContextBody(text=citation.context, highlight=[citation.highlight]),
        url=citation.url,
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
    )


class HeldDocument(_Body):
    """A document in a list."""

    id: str
    collection: str
    title: str
    uri: str
    media_type: str
    sha256: str
    sentences: int
    url: str

    @classmethod
    def of(cls, card: Card, collection: str) -> Self:
        """Return the body for a document of a collection."""
        return cls(
            id=card.document_id,
            collection=collection,
            title=card.title,
            uri=card.uri,
            media_type=card.media_type,
            sha256=card.sha256,
            sentences=card.sentences,
            url=document_url(card.document_id),
        )


class DocumentsResponse(_Body):
    """The documents held."""

    documents: list[HeldDocument]


class SectionBody(_Body):
    """A heading path over the text that it governs."""

    path: list[str]
    start: int
    end: int


class PageSpan(_Body):
    """A page over its text."""

    number: int
    label: str
    start: int
    end: int


class SentenceBody(_Body):
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


class CollectionBody(_Body):
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


class CollectionsResponse(_Body):
    """The collections held."""

    collections: list[CollectionBody]


class BuildBody(_Body):
    """A kept build; one of them is current."""

    id: str
    current: bool


class BuildsResponse(_Body):
    """The kept builds of a collection, oldest first."""

    collection: str
    builds: list[BuildBody]
