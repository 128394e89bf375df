"""What a route is handed: the library it answers from, and who asks in which request."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from service.library import Library


def _library(request: Request) -> Library:
    library: Library = request.app.state.library
    return library


def json_body(request: Request) -> None:
    """Refuse a body that is not said to be JSON; FastAPI reads no other as JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Send the body as Content-Type: application/json.")


LibraryDep = Annotated[Library, Depends(_library)]
