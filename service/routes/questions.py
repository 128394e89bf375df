"""POST /v1/answers and POST /v1/search."""

import time

from fastapi import APIRouter, Depends, Request

from service import answering
from service.routes.access import LibraryDep, json_body
from service.schemas.answers import AnswerResponse, SearchResponse, answer_body, search_body
from service.schemas.asking import AnswerRequest, SearchRequest

router = APIRouter(prefix="/v1", tags=["questions"], dependencies=[Depends(json_body)])


@router.post("/answers", operation_id="answer", summary="Answer a question with exact citations")
def answers(body: AnswerRequest, request: Request, library: LibraryDep) -> AnswerResponse:
    """Answer with the documents' own sentences, or say that they do not answer it (also 200)."""
    found = answering.answer(library, body.to_question())
    return answer_body(
        found,
        explain=body.explain,
        request_id=request.state.request_id,
        took_ms=_took_ms(request),
    )


@router.post("/search", operation_id="search", summary="Find passages, whatever their scores")
def search(body: SearchRequest, request: Request, library: LibraryDep) -> SearchResponse:
    """Return the best passages, best first, with no judgement whether they answer."""
    found = answering.search(library, body.to_question())
    return search_body(
        found,
        explain=body.explain,
        request_id=request.state.request_id,
        took_ms=_took_ms(request),
    )


def _took_ms(request: Request) -> float:
    began: float = request.state.began
    return round(1000 * (time.perf_counter() - began), 2)
