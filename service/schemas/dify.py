"""Dify's external knowledge API, as it is asked and answered."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.asking import QuestionText
from service.schemas.body import Body


class _Asked(BaseModel):
    # A newer Dify may send more than is known here; what could narrow the answer is below, strict.
    model_config = ConfigDict(strict=True, frozen=True)


class RetrievalSetting(_Asked):
    """How many records, and how good at least."""

    top_k: int = Field(ge=1, le=50)
    score_threshold: float | None = Field(default=None, ge=0, le=1)


class MetadataFilter(_Asked):
    """One test of one attribute."""

    model_config = ConfigDict(extra="forbid")

    name: str
    comparison_operator: str
    value: str | int | float | list[str] | None = None


class MetadataCondition(_Asked):
    """Tests that a document must pass."""

    model_config = ConfigDict(extra="forbid")

    logical_operator: Literal["and", "or"] = "and"
    conditions: list[MetadataFilter] = Field(max_length=50)


class RetrievalRequest(_Asked):
    """A question to one knowledge base, which is a collection."""

    knowledge_id: str = Field(min_length=1, description="The collection.")
    query: QuestionText
    retrieval_setting: RetrievalSetting
    metadata_condition: MetadataCondition | None = None


class Record(Body):
    """A passage; `metadata` is never null and always names the document."""

    content: str
    score: float
    title: str
    metadata: dict[str, str | int | float]


class RetrievalResponse(Body):
    """The records, best first; none where the documents do not answer."""

    records: list[Record]


class DifyError(Body):
    """What went wrong."""

    error_code: int = Field(
        description="1001 no key, 1002 wrong key, 2001 no such collection, else the HTTP status."
    )
    error_msg: str
