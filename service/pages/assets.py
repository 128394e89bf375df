"""The static files, each under an address that changes with what is in it."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
KEPT = "public, max-age=31536000, immutable"
"""Cache-Control of what may be kept for good: its address changes when it does."""


class Assets(StaticFiles):
    """Serves the static files; a browser may keep one that it asked for with its own hash."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, to be kept where the address has the file's hash."""
        response = await super().get_response(path, scope)
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("v", [""])[0]
        if response.status_code in {200, 304} and asked == _mark(path):
            response.headers["cache-control"] = KEPT
        return response


def asset(name: str) -> str:
    """Return the address of a static file, with the hash of what is in it."""
    return f"/static/{name}?v={_mark(name)}"


@cache
def _mark(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]
