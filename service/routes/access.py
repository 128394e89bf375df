"""What a route is handed: the library it answers from, and who asks in which request."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from service.address import Address
from service.library import Library


def library_of(request: Request) -> Library:
    """Return what the caller of a request may read; every route and dialect goes through here."""
    library: Library = request.app.state.library
    return library


def address_of(request: Request) -> Address:
    """Return where this service is reached from outside."""
    address: Address = request.app.state.address
    return address


def json_body(request: Request) -> None:
    """Refuse a body that is not said to be JSON; FastAPI reads no other as JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Send the body as Content-Type: application/json.")


LibraryDep = Annotated[Library, Depends(library_of)]
AddressDep = Annotated[Address, Depends(address_of)]
