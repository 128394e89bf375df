"""POST /v1/answers and POST /v1/search."""

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from service import answering
from service.routes.access import AddressDep, LibraryDep, json_body
from service.schemas.answers import AnswerResponse, SearchResponse, answer_body, search_body
from service.schemas.asking import AnswerRequest, SearchRequest
from service.schemas.search_results import SearchResultsResponse, search_results

router = APIRouter(prefix="/v1", tags=["questions"], dependencies=[Depends(json_body)])

OneFormat = Annotated[
    Literal["native", "anthropic"],
    Query(description="`anthropic`: search_result blocks for a language model's message."),
]


@router.post("/answers", operation_id="answer", summary="Answer a question with exact citations")
def answers(
    body: AnswerRequest,
    request: Request,
    library: LibraryDep,
    address: AddressDep,
    format: OneFormat = "native",  # noqa: A002 - the parameter's name on the wire
) -> AnswerResponse | SearchResultsResponse:
    """Answer with the documents' own sentences, or say that they do not answer it (also 200)."""
    found = answering.answer(library, body.to_question())
    if format == "anthropic":
        return SearchResultsResponse(
            status=found.status,
            content=search_results(found.citations, address),
            request_id=request.state.request_id,
        )
    return answer_body(
        found,
        explain=body.explain,
        request_id=request.state.request_id,
        took_ms=_took_ms(request),
    )


@router.post("/search", operation_id="search", summary="Find passages, whatever their scores")
def search(
    body: SearchRequest,
    request: Request,
    library: LibraryDep,
    address: AddressDep,
    format: OneFormat = "native",  # noqa: A002 - the parameter's name on the wire
) -> SearchResponse | SearchResultsResponse:
    """Return the best passages, best first, with no judgement whether they answer."""
    found = answering.search(library, body.to_question())
    if format == "anthropic":
        return SearchResultsResponse(
            status=None,
            content=search_results(found[0], address),
            request_id=request.state.request_id,
        )
    return search_body(
        found,
        explain=body.explain,
        request_id=request.state.request_id,
        took_ms=_took_ms(request),
    )


def _took_ms(request: Request) -> float:
    began: float = request.state.began
    return round(1000 * (time.perf_counter() - began), 2)
