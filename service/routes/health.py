"""GET /livez, /readyz, /healthz: whether the process is alive, and whether it can answer."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from index.errors import RetrievalError
from service.callers import ANYBODY
from service.errors import ServiceError
from service.routes.access import CallerDep, WholeLibraryDep

router = APIRouter(tags=["operate"])
_UNAVAILABLE: dict[int | str, dict[str, Any]] = {
    503: {"description": "No, and what is amiss.", "content": {"application/json": {}}}
}


@router.get("/livez", operation_id="livez", summary="Is the process alive?")
async def livez() -> dict[str, str]:
    """Answer at once, touching neither model nor index."""
    return {"status": "ok"}


@router.get(
    "/readyz", operation_id="readyz", summary="Can questions be answered?", responses=_UNAVAILABLE
)
@router.get(
    "/healthz", operation_id="healthz", summary="The same as /readyz", responses=_UNAVAILABLE
)
def readyz(library: WholeLibraryDep, caller: CallerDep) -> JSONResponse:
    """Answer 200 when every collection is open and verified, 503 when one is not.

    Which builds these are is said where no key is needed to know it.
    """
    try:
        builds = {name: one.manifest.build for name, one in library.retrievers(None)}
    except (RetrievalError, ServiceError):
        checks: dict[str, object] = {"model": "ok", "index": "failed"}
        return JSONResponse({"status": "unavailable", "checks": checks}, 503)
    if not builds:
        checks = {"model": "ok", "index": "nothing indexed"}
        return JSONResponse({"status": "unavailable", "checks": checks}, 503)
    checks = {"model": "ok", "index": "ok"}
    if caller is ANYBODY:
        checks["builds"] = builds
    return JSONResponse({"status": "ok", "checks": checks})
