"""The application: routes, pages, errors and headers around one library. Made, never imported."""

from typing import Any

from fastapi import FastAPI

from index.update import Makers
from service import adapters, problems
from service.adapters import model_context
from service.address import Address
from service.desk import Desk
from service.envelope import LARGEST_BODY, Requests
from service.feedback import FeedbackBook
from service.library import Library
from service.notices import Notices
from service.pages.assets import Assets
from service.routes import (
    administration,
    changes,
    health,
    holdings,
    judging,
    looks,
    originals,
    questions,
    reading,
    suggesting,
    verification,
)
from service.schemas.body import ProblemBody
from service.sites import Site
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


_ROUTES = (
    *(questions, suggesting, judging, holdings, changes, originals, verification, health),
    *(reading, looks, administration),
)


def create_app(
    library: Library,
    makers: Makers | None = None,
    *,
    address: Address | None = None,
    site: Site | None = None,
) -> FastAPI:
    """Return the application that answers from `library`, with the looks of `site`.

    `address` is where it is reached. With `makers` it also takes documents in and gives them up;
    without, it only answers.
    """
    address = address or Address()
    door = model_context.Door(address)
    app = FastAPI(
        title="Pincite",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,  # the bundled viewers load their scripts from elsewhere
        redoc_url=None,
        responses={"default": _PROBLEM},
        lifespan=door.open,
    )
    app.state.library = library
    app.state.desk = None if makers is None else Desk(library, makers)
    app.state.address = address
    app.state.site = site or Site()
    app.state.notices = Notices()
    app.state.feedback = FeedbackBook(library.home)
    app.add_middleware(Requests, largest_upload=makers.limits.file if makers else LARGEST_BODY)
    problems.install(app, adapters.FORMS)
    for module in _ROUTES:
        app.include_router(module.router)
    for router in adapters.ROUTERS:
        app.include_router(router)
    app.router.routes.extend(door.routes())
    app.mount("/static", Assets(), name="static")
    return app
