"""Saved answers as they are read to be made again."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.schemas.answers import AskedBody


class OldReceipt(BaseModel):
    """A receipt, perhaps of an older version: one without `asked` is taken too."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    build: str = Field(max_length=10_000)
    index_sha256: str = Field(max_length=10_000)
    parameters_sha256: str
    version: str
    asked: AskedBody | None = None


class Saved(BaseModel):
    """What is kept of an answer: its receipt at least, and what there is of request and response.

    Read from {"request": …, "response": …}, a response, or a receipt alone.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    receipt: OldReceipt
    response: dict[str, Any] | None = None
    request: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _forms(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        response = given.get("response")
        if isinstance(response, Mapping):
            receipt = response.get("receipt")
            return {"receipt": receipt, "response": response, "request": given.get("request")}
        if "citations" in given and "receipt" in given:
            return {"receipt": given["receipt"], "response": given}
        if "build" in given:
            return {"receipt": given}
        return given

    @model_validator(mode="after")
    def _needs_a_build(self) -> Self:
        if not self.receipt.build.strip(","):
            raise ValueError("its receipt names no build")
        return self

    def parameters(self) -> dict[str, Any]:
        """Return the request but for question and collections, as far as it is known."""
        asked = self.receipt.asked.model_dump() if self.receipt.asked else {}
        known = asked if self.request is None else self.request
        beside = {"question", "collections", "explain", "day"}
        return {name: value for name, value in known.items() if name not in beside}
