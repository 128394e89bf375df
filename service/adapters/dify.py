"""POST /retrieval: Dify's external knowledge API; its knowledge bases are collections."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from index.filters import AllOf, AnyOf, Filter, Operator
from service import answering
from service.adapters.places import place
from service.answering import Question
from service.errors import RequestError
from service.problems import Fault
from service.routes.access import AddressDep, LibraryDep, WordsDep, json_body
from service.schemas.asking import check
from service.schemas.dify import (
    DifyError,
    MetadataCondition,
    MetadataFilter,
    Record,
    RetrievalRequest,
    RetrievalResponse,
)
from service.schemas.filtering import Comparison

_FORBIDDEN = 403
_STATUSES = {401: _FORBIDDEN, 415: 400, 422: 400}
_CODES = {401: 1002, 403: 1002, 404: 2001}
_NO_KEY = 1001
_OPERATORS: Mapping[str, Operator] = {
    "is": "eq",
    "=": "eq",
    "is not": "ne",
    "≠": "ne",
    "in": "in",
    "not in": "nin",
    ">": "gt",
    "after": "gt",
    "≥": "gte",
    "<": "lt",
    "before": "lt",
    "≤": "lte",
}
"""Dify's operators; those on parts of a text, and on whether there is any, are not here."""
_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": DifyError, "description": f"{name}, in Dify's form"}
    for status, name in (
        (400, "Bad request"),
        (404, "Not found"),
        (413, "Too large"),
        ("default", "An error"),
    )
}

router = APIRouter(tags=["dialects"], dependencies=[Depends(json_body)], responses=_RESPONSES)


# Both, because Dify follows a redirect with a GET and without the question.
@router.post("/retrieval", operation_id="dify_retrieval", summary="Dify's external knowledge")
@router.post("/retrieval/", include_in_schema=False)
def retrieval(
    body: RetrievalRequest, library: LibraryDep, address: AddressDep, words: WordsDep
) -> RetrievalResponse:
    """Return the passages that answer, best first; no records where none does."""
    setting = body.retrieval_setting
    wanted = to_filter(body.metadata_condition) if body.metadata_condition else None
    question = Question(body.query, (body.knowledge_id,), setting.top_k, filters=wanted)
    found = answering.answer(library, question)
    return RetrievalResponse(
        records=[
            Record(
                content=one.statement,
                score=round(one.hit.score, 4),
                title=one.document.title,
                metadata={**place(found, one, address, words), "quote": one.quote},
            )
            for one in found.citations
            if one.hit.score >= (setting.score_threshold or 0.0)
        ]
    )


def to_filter(condition: MetadataCondition) -> Filter | None:
    """Return what a condition stands for; RequestError for a test that cannot be made.

    A test that were left out would give documents that the caller did not want.
    """
    parts = tuple(
        _comparison(number, one) for number, one in enumerate(condition.conditions, start=1)
    )
    if not parts:
        return None
    return AllOf(parts) if condition.logical_operator == "and" else AnyOf(parts)


def _comparison(number: int, one: MetadataFilter) -> Filter:
    where = f"metadata_condition: condition {number}"
    operator = _OPERATORS.get(one.comparison_operator)
    if operator is None:
        known = ", ".join(f"`{name}`" for name in _OPERATORS)
        raise RequestError(f"{where}: there is no such operator here; there are {known}")
    values = {"type": operator, "key": one.name, "value": one.value}
    try:
        return check(Comparison, values).to_filter()
    except RequestError as error:
        raise RequestError(f"{where}: {error}") from None


def fault_response(request: Request, fault: Fault) -> Response:
    """Return an error in Dify's form.

    A refused key is 403: when an administrator saves the address, Dify tries it with the key and
    no body, and takes every status but 403, 404 and 502 for success.
    """
    status = _STATUSES.get(fault.status, fault.status)
    code = _CODES.get(fault.status, status)
    given = request.headers.get("authorization", "").lower()
    if code == _CODES[401] and not given.startswith("bearer "):
        code = _NO_KEY
    body = DifyError(error_code=code, error_msg=fault.detail)
    return JSONResponse(body.model_dump(), status, headers=dict(fault.headers or {}))
