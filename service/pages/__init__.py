"""Pages: server-rendered, complete without JavaScript, without anything from elsewhere."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

STATIC = Path(__file__).parent / "static"

_templates = Jinja2Templates(
    env=Environment(
        loader=PackageLoader("service.pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
)


def is_page(request: Request) -> bool:
    """Tell whether a request is for a page: not the API, and a person's browser asks."""
    path = request.url.path
    return not path.startswith(("/v1/", "/livez", "/readyz", "/healthz")) and (
        "text/html" in request.headers.get("accept", "")
    )


def page(request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template."""
    return _templates.TemplateResponse(request, name, values, status_code=status)


def error_page(request: Request, status: int, title: str, detail: str) -> Response:
    """Render an error for a person."""
    return page(request, "error.html", status, title=title, detail=detail)
