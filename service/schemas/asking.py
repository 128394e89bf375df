"""What a caller may ask: POST /v1/answers and /v1/search."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from service.answering import Question
from service.errors import RequestError
from service.schemas.filtering import FORMS, BoundedFilter

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
        where = "/".join(str(part) for part in fault["loc"] if part not in FORMS)
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
    filters: BoundedFilter | None = Field(
        default=None,
        description="Which documents to ask, by what is known of them. Default: all.",
        examples=[{"type": "eq", "key": "audience", "value": "patient"}],
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
            filters=self.filters.to_filter() if self.filters else None,
        )


class AnswerRequest(SearchRequest):
    """A question for an answer."""

    min_confidence: Literal["low", "medium", "high"] = "low"

    def to_question(self) -> Question:
        """Return what the request asks for."""
        return replace(super().to_question(), min_confidence=self.min_confidence)
