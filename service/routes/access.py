"""What a route is handed: the library it answers from, and who asks in which request."""

from typing import Annotated

from fastapi import Depends, Request

from service.library import Library


def _library(request: Request) -> Library:
    library: Library = request.app.state.library
    return library


LibraryDep = Annotated[Library, Depends(_library)]
