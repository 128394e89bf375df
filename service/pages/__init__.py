"""Pages: server-rendered, complete without JavaScript, without anything from elsewhere."""

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from service.pages.assets import asset
from service.pages.words import ErrorWords

_OURS = 500  # from here on the fault is the service's, and worth a report

_templates = Jinja2Templates(
    env=Environment(
        loader=PackageLoader("service.pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)
_templates.env.globals["asset"] = asset


def is_page(request: Request) -> bool:
    """Tell whether a request is for a page: not the API, and a person's browser asks."""
    path = request.url.path
    return not path.startswith(("/v1/", "/livez", "/readyz", "/healthz")) and (
        "text/html" in request.headers.get("accept", "")
    )


def page(request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template; it has `site` and its `words` beside what it is given."""
    site = request.app.state.site
    return _templates.TemplateResponse(
        request, name, {"site": site, "words": site.words, **values}, status_code=status
    )


def error_page(request: Request, status: int, title: str, detail: str) -> Response:
    """Render an error in a reader's words; `title` and `detail` where there are none for it.

    What an operator needs to know (paths, commands) is told by the API and the shell alone.
    """
    shown = request.app.state.site.words.errors.get(status, ErrorWords(title, detail))
    return page(
        request,
        "error.html",
        status,
        title=shown.title,
        detail=shown.detail,
        reference=request.state.request_id if status >= _OURS else None,
    )
