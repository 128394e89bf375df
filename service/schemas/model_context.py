"""The two tools of the Model Context Protocol: what they take and return."""

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.asking import QuestionText
from service.schemas.body import Body


class _Arguments(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class SearchArguments(_Arguments):
    """What `search` takes."""

    query: QuestionText = Field(description="A question, or a few words.")


class FetchArguments(_Arguments):
    """What `fetch` takes."""

    id: str = Field(min_length=1, max_length=300, description="An id that search returned.")


class FoundPassage(Body):
    """A passage, by the id that `fetch` takes; `warning` only where a reader must know it."""

    id: str
    title: str
    url: str
    warning: str | None = Field(
        default=None, description="Words of this service, not of the document: its review is late."
    )


class FoundPassages(Body):
    """What `search` returns: best first; none where the documents do not answer."""

    results: list[FoundPassage]


class FetchedPassage(Body):
    """What `fetch` returns: text of the document, verbatim."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, str | int | float]
