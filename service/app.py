"""The application: routes, pages, errors and headers around one library. Made, never imported."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from index.update import Makers
from service import adapters, problems
from service.adapters import model_context
from service.address import Address
from service.audit import Audit
from service.checkups import Checkups
from service.desk import Desk
from service.envelope import LARGEST_BODY, Requests
from service.feedback import FeedbackBook
from service.guard import Guard, Guarding
from service.keys import Keyring
from service.library import Library
from service.metrics import Metrics
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
    oversight,
    questions,
    reading,
    suggesting,
    verification,
)
from service.schemas.body import ProblemBody
from service.schemas.body import problems as problems_of
from service.sightings import Record
from service.sites import Site
from service.turns import Patience
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
_FAULTS = {
    questions: (404, 413, 415, 422),
    holdings: (404, 422),
    changes: (403, 404, 409, 413, 415, 422, 507),
    originals: (404, 416, 422),
    verification: (413, 415, 422),
    suggesting: (404, 422),
    judging: (403, 404, 413, 415, 422),
    oversight: (403,),
}
"""What a caller may bring about; any other status, of whichever route, is the default."""

_CORS: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "PUT", "DELETE"],
    "allow_headers": [
        *("Authorization", "Content-Type", "If-None-Match", "Range", "X-Request-Id"),
        *("Last-Event-ID", "Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version", "Mcp-Session-Id"),
    ],
    "expose_headers": [
        *("ETag", "Content-Range", "Mcp-Session-Id", "RateLimit", "RateLimit-Policy"),
        *("Retry-After", "X-Request-Id"),
    ],
}
"""What pages of the listed origins may send and read; never a browser's own credentials."""


_ROUTES = (
    *(questions, suggesting, judging, holdings, changes, originals, verification, health),
    *(oversight, reading, looks, administration),
)


_OTHER_THREADS = 40
"""For what stands in no line: pages of the service's own health, and starlette's files."""


def _life(
    door: model_context.Door, patience: Patience
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return what lasts as long as the application: its threads are as many as may be needed."""

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        threads = anyio.to_thread.current_default_thread_limiter()
        threads.total_tokens = patience.at_once + patience.waiting + _OTHER_THREADS
        async with door.open(app):
            yield

    return life


def create_app(
    library: Library,
    makers: Makers | None = None,
    *,
    address: Address | None = None,
    guarding: Guarding | None = None,
    site: Site | None = None,
    audit: Audit | None = None,
    kept: KeptQuestions | None = None,
    traces: Record | None = None,
) -> FastAPI:
    """Return the application that answers from `library`, with the looks of `site`.

    `address` is where it is reached. With `makers` it also takes documents in and gives them up;
    without, it only answers. The keys are those of the library's HOME; `guarding` is how often and
    how long callers may ask. Nothing is kept of what is asked but in `audit` and `kept`; `traces`
    hears of every request.
    """
    address = address or Address()
    guarding = guarding or Guarding()
    door = model_context.Door(address)
    app = FastAPI(
        title="Pincite",
        version=VERSION,
        description=_DESCRIPTION,
        docs_url=None,  # the bundled viewers load their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,  # a redirect repeats the query, with its question, in a header
        responses={"default": _PROBLEM},
        lifespan=_life(door, guarding.patience),
    )
    app.state.library = library
    app.state.desk = None if makers is None else Desk(library, makers)
    app.state.address = address
    app.state.site = site or Site()
    app.state.notices = Notices()
    app.state.checkups = Checkups()
    app.state.feedback = FeedbackBook(library.home)
    app.state.kept = kept
    app.state.metrics = Metrics(library, app.state.desk, audit)
    # The last one added is the outermost: a refusal, too, has an id, a log line and its headers.
    app.add_middleware(Guard, keyring=Keyring(library.store.record("keys")), guarding=guarding)
    if guarding.cors_origins:
        app.add_middleware(CORSMiddleware, allow_origins=guarding.cors_origins, **_CORS)
    app.add_middleware(
        Requests,
        largest_upload=makers.limits.file if makers else LARGEST_BODY,
        body_seconds=guarding.patience.body,
        records=[one for one in (app.state.metrics, audit, kept, traces) if one is not None],
    )
    problems.install(app, adapters.FORMS)
    for module in _ROUTES:
        app.include_router(module.router, responses=problems_of(*_FAULTS.get(module, ())))
    for router in adapters.ROUTERS:
        app.include_router(router)
    app.router.routes.extend(door.routes())
    app.mount("/static", Assets(), name="static")
    return app
