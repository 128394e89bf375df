"""What every response's body has in common, and the body of an error."""

from pydantic import BaseModel, ConfigDict, Field


class Body(BaseModel):
    """A body that is sent and not changed."""

    model_config = ConfigDict(frozen=True)


class ProblemBody(Body):
    """An error, as RFC 9457 has it; no word of the request's own is in it."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    instance: str | None = Field(default=None, description="The route.")
    reason: str | None = Field(
        default=None, description="Why a document cannot be read, in one stable word."
    )
    errors: list[dict[str, str]] | None = Field(
        default=None, description="For each fault, `pointer` to the field and `detail`."
    )
