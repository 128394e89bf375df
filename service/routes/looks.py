"""GET /site/logo and /site/colours.css: what a site makes its own, as its browsers ask for it."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.errors import NotFoundError
from service.pages.assets import KEPT
from service.sites import Site

router = APIRouter(prefix="/site", include_in_schema=False)

# A picture may be a document with scripts in it, when its address is opened by itself.
_STILL = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@router.get("/logo")
def logo(request: Request) -> Response:
    """Return the site's logo."""
    site: Site = request.app.state.site
    if site.logo is None:
        raise NotFoundError("this site has no logo")
    headers = {"content-security-policy": _STILL, **_kept(request, site.logo.mark)}
    return Response(site.logo.data, media_type=site.logo.media_type, headers=headers)


@router.get("/colours.css")
def colours(request: Request) -> Response:
    """Return the style sheet of the site's colours."""
    site: Site = request.app.state.site
    if site.colours is None:
        raise NotFoundError("this site has no colours of its own")
    headers = _kept(request, site.colours.mark)
    return Response(site.colours.sheet(), media_type="text/css", headers=headers)


def _kept(request: Request, mark: str) -> dict[str, str]:
    """Let a browser keep what it asked for by its own hash."""
    return {"cache-control": KEPT} if request.query_params.get("v") == mark else {}
