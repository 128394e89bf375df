"""The application: routes, pages, errors and headers around one library. Made, never imported."""

from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from service import pages, problems
from service.library import Library
from service.requests import Requests
from service.routes import health, holdings, questions, reading
from service.schemas.body import ProblemBody
from service.version import VERSION

_DESCRIPTION = """\
Answers a question with the documents' own sentences and the exact place of each. No word of an
answer is generated. Every error is `application/problem+json` (RFC 9457).
"""

_PROBLEM: dict[str, Any] = {
    "description": "An error",
    "content": {"application/problem+json": {"schema": ProblemBody.model_json_schema()}},
}


def create_app(library: Library) -> FastAPI:
    """Return the application that answers from `library`."""
    app = FastAPI(
        title="Pincite",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,  # the bundled viewers load their scripts from elsewhere
        redoc_url=None,
        responses={"default": _PROBLEM},
    )
    app.state.library = library
    app.add_middleware(Requests)
    problems.install(app)
    for module in (questions, holdings, health, reading):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    return app
