"""Old citations as they are sent to be verified, and what became of each."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from corpus.attributes import review_status
from service.schemas.answers import DocumentBody, OffsetsBody, PageBody, document_body
from service.schemas.body import Body
from service.verifying import Claim, Standing, Verdict

MOST_CITATIONS = 200
_LARGEST_OFFSET = 2**53 - 1  # what JSON holds exactly everywhere


def _whole(text: str) -> str:
    if any(unicodedata.category(character) == "Cs" for character in text):
        raise ValueError("must not contain halves of surrogate pairs")
    return text


_Text = Annotated[str, AfterValidator(_whole)]
_Offset = Annotated[int, Field(ge=0, le=_LARGEST_OFFSET)]


class _Old(BaseModel):
    """What an older version of this service sent: fields that are not known are let be."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class OldDocument(_Old):
    """The document of an old citation."""

    id: Annotated[_Text, Field(min_length=1, max_length=200)]
    uri: Annotated[_Text, Field(max_length=4_096)] | None = None
    sha256: Annotated[_Text, Field(max_length=64)] | None = None


class OldOffsets(_Old):
    """The offsets of an old citation, in code points."""

    start: _Offset
    end: _Offset

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end must be above start")
        return self


class OldCitation(_Old):
    """A citation as an answer had it; only these fields are read, and the last four may lack."""

    quote: Annotated[_Text, Field(min_length=1, max_length=10_000)]
    document: OldDocument
    offsets: OldOffsets
    id: Annotated[_Text, Field(max_length=200)] | None = None
    collection: Annotated[_Text, Field(max_length=63)] | None = None
    prefix: Annotated[_Text, Field(max_length=1_000)] = ""
    suffix: Annotated[_Text, Field(max_length=1_000)] = ""

    def to_claim(self) -> Claim:
        """Return what the citation claims."""
        return Claim(
            document_id=self.document.id,
            quote=self.quote,
            start=self.offsets.start,
            end=self.offsets.end,
            collection=self.collection,
            uri=self.document.uri or None,
            sha256=self.document.sha256 or None,
            prefix=self.prefix,
            suffix=self.suffix,
        )


class VerifyRequest(_Old):
    """Old citations: a whole answer or any object that has them; also a bare list, or just one."""

    citations: list[OldCitation] = Field(max_length=MOST_CITATIONS)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: object) -> object:
        if isinstance(given, list):
            return {"citations": given}
        if isinstance(given, Mapping) and "citations" not in given and "quote" in given:
            return {"citations": [given]}
        return given


class StandingBody(Body):
    """Where the quote stands now, or the sentence most like it; as in a citation."""

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
    url: str
    original_url: str | None

    @classmethod
    def of(cls, standing: Standing, today: date) -> Self:
        """Return the body for a place, its document's review judged as of `today`."""
        at = standing.place
        return cls(
            quote=standing.quote,
            prefix=standing.prefix,
            suffix=standing.suffix,
            collection=standing.collection,
            document=document_body(
                standing.document, review_status(standing.document.attributes, today)
            ),
            section=list(at.section),
            page=PageBody(number=at.page[0], label=at.page[1]) if at.page else None,
            line=at.line,
            sentence=at.sentence.ordinal,
            offsets=OffsetsBody.of(at),
            url=standing.url,
            original_url=standing.original_url,
        )


class VerdictBody(Body):
    """What became of one citation."""

    id: str | None = Field(description="The citation's own id, where it has one.")
    status: Literal["exact", "moved", "changed", "gone"]
    detail: str
    similarity: float | None = Field(
        description="1 for the same words, below 1 the share of words in order; null where gone."
    )
    citation: StandingBody | None = Field(description="Where it stands now; null where gone.")


class VerifyResponse(Body):
    """The verdicts, in the order of the citations."""

    holds: bool = Field(description="Whether every citation is exact or moved.")
    results: list[VerdictBody]


def verify_body(asked: VerifyRequest, verdicts: Sequence[Verdict], today: date) -> VerifyResponse:
    """Return verdicts as they are sent, reviews judged as of `today`."""
    return VerifyResponse(
        holds=all(one.state in {"exact", "moved"} for one in verdicts),
        results=[
            VerdictBody(
                id=citation.id,
                status=verdict.state,
                detail=verdict.detail,
                similarity=verdict.similarity,
                citation=None
                if verdict.standing is None
                else StandingBody.of(verdict.standing, today),
            )
            for citation, verdict in zip(asked.citations, verdicts, strict=True)
        ],
    )
