"""What every response's body has in common, and the body of an error."""

from http import HTTPStatus
from typing import Any

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


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of these statuses, each an error of this form, for a route."""
    content = {"application/problem+json": {"schema": ProblemBody.model_json_schema()}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
