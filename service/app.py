"""The application: routes, pages, errors and headers around one library. Made, never imported."""

from typing import Any

from fastapi import FastAPI

from service import problems
from service.feedback import FeedbackBook
from service.library import Library
from service.pages.assets import Assets
from service.requests import Requests
from service.routes import health, holdings, judging, looks, questions, reading, suggesting
from service.schemas.body import ProblemBody
from service.sites import Site
from service.version import VERSION

_DESCRIPTION = """\
Answers a question with the documents' own sentences and the exact place of each. No word of an
answer is generated. Every error is `application/problem+json` (RFC 9457).
"""

_PROBLEM: dict[str, Any] = {
    "description": "An error",
    "content": {"application/problem+json": {"schema": ProblemBody.model_json_schema()}},
}


def create_app(library: Library, *, site: Site | None = None) -> FastAPI:
    """Return the application that answers from `library`, with the looks of `site`."""
    app = FastAPI(
        title="Pincite",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,  # the bundled viewers load their scripts from elsewhere
        redoc_url=None,
        responses={"default": _PROBLEM},
    )
    app.state.library = library
    app.state.site = site or Site()
    app.state.feedback = FeedbackBook(library.home)
    app.add_middleware(Requests)
    problems.install(app)
    for module in (questions, suggesting, judging, holdings, health, reading, looks):
        app.include_router(module.router)
    app.mount("/static", Assets(), name="static")
    return app
