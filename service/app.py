"""The application: routes, pages, errors and headers around one library. Made, never imported."""

from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from index.update import Makers
from service import pages, problems
from service.desk import Desk
from service.library import Library
from service.requests import LARGEST_BODY, Requests
from service.routes import changes, health, holdings, originals, questions, reading, verification
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


def create_app(library: Library, makers: Makers | None = None) -> FastAPI:
    """Return the application that answers from `library`.

    With `makers` it also takes documents in and gives them up; without, it only answers.
    """
    app = FastAPI(
        title="Pincite",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,  # the bundled viewers load their scripts from elsewhere
        redoc_url=None,
        responses={"default": _PROBLEM},
    )
    app.state.library = library
    app.state.desk = None if makers is None else Desk(library, makers)
    app.add_middleware(Requests, largest_upload=makers.limits.file if makers else LARGEST_BODY)
    problems.install(app)
    for module in (questions, holdings, changes, originals, verification, health, reading):
        app.include_router(module.router)
    app.mount("/static", StaticFiles(directory=pages.STATIC), name="static")
    return app
