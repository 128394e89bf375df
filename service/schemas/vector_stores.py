"""OpenAI's vector stores, as they are asked and answered; a store is a collection."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from service.schemas.asking import QuestionText
from service.schemas.body import Body
from service.schemas.filtering import BoundedFilter


def _listed(query: object) -> object:
    return [query] if isinstance(query, str) else query


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class RankingOptions(_Asked):
    """How good a result is at least; every ranker named here is the one there is."""

    ranker: Literal["none", "auto", "default-2024-11-15"] = "auto"
    score_threshold: float = Field(default=0.0, ge=0, le=1)


class StoreSearchRequest(_Asked):
    """A question, or several wordings of one; what is best for any of them is returned."""

    query: Annotated[
        list[QuestionText],
        BeforeValidator(_listed, json_schema_input_type=str | list[str]),
        Field(min_length=1, max_length=8),
    ]
    filters: BoundedFilter | None = None
    max_num_results: int = Field(default=10, ge=1, le=50)
    ranking_options: RankingOptions | None = None
    rewrite_query: bool = Field(
        default=False, description="Accepted; a question is never reworded by a model."
    )


class StoreText(Body):
    """A stretch of a document, verbatim."""

    type: Literal["text"] = "text"
    text: str


class StoreResult(Body):
    """A passage; the last of `content` is the quote that `start` and `end` speak of."""

    file_id: str
    filename: str
    score: float
    attributes: dict[str, str | int | float]
    content: list[StoreText]


class StoreResults(Body):
    """The results, best first; none where the documents do not answer."""

    object: Literal["vector_store.search_results.page"] = "vector_store.search_results.page"
    search_query: list[str] = Field(description="The questions as they were searched for.")
    data: list[StoreResult]
    has_more: bool = False
    next_page: str | None = None


class FileCounts(Body):
    """How many documents, by what became of them."""

    in_progress: int = 0
    completed: int
    failed: int
    cancelled: int = 0
    total: int


class VectorStore(Body):
    """A collection as a vector store."""

    id: str
    object: Literal["vector_store"] = "vector_store"
    name: str
    status: Literal["completed"] = "completed"
    file_counts: FileCounts
    usage_bytes: int
    created_at: int = Field(description="Seconds since 1970: when the build was made.")
    last_active_at: int | None = None
    metadata: dict[str, str]


class VectorStores(Body):
    """The stores that the caller may read."""

    object: Literal["list"] = "list"
    data: list[VectorStore]
    first_id: str | None
    last_id: str | None
    has_more: bool = False


class Model(Body):
    """A collection as a model to chat with."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "pincite"


class Models(Body):
    """The models that the caller may ask."""

    object: Literal["list"] = "list"
    data: list[Model]
