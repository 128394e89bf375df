"""The application: routes, pages, errors and headers around one library. Made, never imported."""

from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from index.update import Makers
from service import adapters, pages, problems
from service.adapters import model_context
from service.address import Address
from service.audit import Audit
from service.desk import Desk
from service.envelope import LARGEST_BODY, Requests
from service.library import Library
from service.metrics import Metrics
from service.routes import (
    changes,
    health,
    holdings,
    originals,
    oversight,
    questions,
    reading,
    verification,
)
from service.schemas.body import ProblemBody
from service.unanswered import KeptQuestions
from service.version import VERSION

_DESCRIPTION = """\
Answers a question with the documents' own sentences and the exact place of each. No word of an
answer is generated. Every error is `application/problem+json` (RFC 9457), but for the routes that
speak another system's dialect: there it has that system's form.
"""

_PROBLEM: dict[str, Any] = {
    "description": "An error",
    "content": {"application/problem+json": {"schema": ProblemBody.model_json_schema()}},
}


def create_app(
    library: Library,
    makers: Makers | None = None,
    *,
    address: Address | None = None,
    audit: Audit | None = None,
    kept: KeptQuestions | None = None,
) -> FastAPI:
    """Return the application that answers from `library`; `address` is where it is reached.

    With `makers` it also takes documents in and gives them up; without, it only answers. Nothing
    is kept of what is asked but in `audit` and `kept`.
    """
    address = address or Address()
    door = model_context.Door(address)
    app = FastAPI(
        title="Pincite",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,  # the bundled viewers load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # a redirect repeats the query, with its question, in a header
        responses={"default": _PROBLEM},
        lifespan=door.open,
    )
    app.state.library = library
    app.state.desk = None if makers is None else Desk(library, makers)
    app.state.address = address
    app.state.kept = kept
    app.state.metrics = Metrics(library, app.state.desk, audit)
    app.add_middleware(
        Requests,
        largest_upload=makers.limits.file if makers else LARGEST_BODY,
        records=[one for one in (app.state.metrics, audit, kept) if one is not None],
    )
    problems.install(app, adapters.FORMS)
    for module in (
        questions,
        holdings,
        changes,
        originals,
        verification,
        health,
        oversight,
        reading,
    ):
        app.include_router(module.router)
    for router in adapters.ROUTERS:
        app.include_router(router)
    app.router.routes.extend(door.routes())
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    return app
