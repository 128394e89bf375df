"""POST /v1/answers and POST /v1/search."""

import time
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from service import answering
from service.routes.access import AddressDep, LibraryDep, json_body
from service.schemas.answers import AnswerResponse, SearchResponse, answer_body, search_body
from service.schemas.asking import AnswerRequest, SearchRequest
from service.schemas.body import Body
from service.schemas.search_results import SearchResultsResponse, search_results

router = APIRouter(prefix="/v1", tags=["questions"], dependencies=[Depends(json_body)])

OneFormat = Annotated[
    Literal["native", "anthropic"],
    Query(description="`anthropic`: search_result blocks for a language model's message."),
]


@router.post(
    "/answers",
    operation_id="answer",
    summary="Answer a question with exact citations",
    response_model=AnswerResponse | SearchResultsResponse,
)
def answers(
    body: AnswerRequest,
    request: Request,
    library: LibraryDep,
    address: AddressDep,
    format: OneFormat = "native",  # noqa: A002 - the parameter's name on the wire
) -> Response:
    """Answer with the documents' own sentences, or say that they do not answer it (also 200)."""
    found, request_id = answering.answer(library, body.to_question()), request.state.request_id
    if format == "anthropic":
        blocks = search_results(found.citations, address)
        return _sent(
            SearchResultsResponse(status=found.status, content=blocks, request_id=request_id)
        )
    return _sent(
        answer_body(found, explain=body.explain, request_id=request_id, took_ms=_took_ms(request))
    )


@router.post(
    "/search",
    operation_id="search",
    summary="Find passages, whatever their scores",
    response_model=SearchResponse | SearchResultsResponse,
)
def search(
    body: SearchRequest,
    request: Request,
    library: LibraryDep,
    address: AddressDep,
    format: OneFormat = "native",  # noqa: A002 - the parameter's name on the wire
) -> Response:
    """Return the best passages, best first, with no judgement whether they answer."""
    found, request_id = answering.search(library, body.to_question()), request.state.request_id
    if format == "anthropic":
        blocks = search_results(found[0], address)
        return _sent(SearchResultsResponse(status=None, content=blocks, request_id=request_id))
    return _sent(
        search_body(found, explain=body.explain, request_id=request_id, took_ms=_took_ms(request))
    )


def _sent(body: Body) -> Response:
    """Return a body as it is sent; given as a model, it would be checked a second time."""
    return Response(body.model_dump_json(by_alias=True), media_type="application/json")


def _took_ms(request: Request) -> float:
    began: float = request.state.began
    return round(1000 * (time.perf_counter() - began), 2)
