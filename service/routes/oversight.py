"""GET /metrics and /v1/unanswered: for who runs the service."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from service.metrics import MEDIA_TYPE, Metrics
from service.routes.access import Administering
from service.schemas.unanswered import UnansweredResponse
from service.unanswered import KeptQuestions

router = APIRouter(tags=["operate"], dependencies=[Administering])


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Counters, for Prometheus",
    response_class=PlainTextResponse,
)
def metrics(request: Request) -> Response:
    """Return counters and gauges without a word of any question."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.text(), media_type=MEDIA_TYPE)


@router.get(
    "/v1/unanswered", operation_id="unanswered", summary="What several asked and nothing answers"
)
def unanswered(request: Request) -> UnansweredResponse:
    """Return redacted questions that enough distinct callers asked; fewer are not even counted."""
    kept: KeptQuestions | None = request.app.state.kept
    return UnansweredResponse.of(kept)
