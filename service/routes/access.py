"""What a route is handed: the library it answers from, and who asks in which request."""

from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request

from service.address import Address
from service.callers import Caller
from service.desk import Desk
from service.library import Library
from service.pages.words import Words

_Found = TypeVar("_Found")

_OFF = "Without a key, writing over HTTP is for requests from this machine alone."


def caller_of(request: Request) -> Caller:
    """Return who asks, as the guard found out."""
    caller: Caller = request.state.caller
    return caller


def library_of(request: Request) -> Library:
    """Return what the caller of a request may read; every route and dialect goes through here."""
    library: Library = request.app.state.library
    return library.granted(caller_of(request).opens)


def whole_library_of(request: Request) -> Library:
    """Return all that is held: for the service's own health, and never to be shown."""
    library: Library = request.app.state.library
    return library


def writing(request: Request) -> Desk:
    """Return the desk to who may change what is held: without keys, this machine alone.

    A key was granted it by the table of scopes already, wherever it comes from.

    The host that is asked must be this machine by name as well, and no other site may stand
    behind the request: else any web page open in a browser here could write.
    """
    desk: Desk | None = request.app.state.desk
    caller = caller_of(request)
    if desk is None or (caller.key_id is None and not _is_from_here(request)):
        raise HTTPException(403, _OFF)
    return desk.granted(caller.opens)


def administering(request: Request) -> None:
    """Refuse who may not look behind the scenes: without keys, all but this machine."""
    if caller_of(request).key_id is None and not _is_from_here(request):
        raise HTTPException(403, "This is for requests from this machine.")


def _is_from_here(request: Request) -> bool:
    if request.client is None or not _is_loopback(request.client.host):
        return False
    headers = request.headers
    if any(name in headers for name in ("forwarded", "x-forwarded-for", "via")):
        return False  # a proxy asks for somebody else
    asked = headers.get("host", "")
    origin = headers.get("origin")
    try:
        here = _is_loopback(urlsplit(f"//{asked}").hostname or "")
    except ValueError:
        return False
    return here and origin in {None, f"http://{asked}", f"https://{asked}"}


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(request: Request) -> Address:
    """Return where this service is reached from outside."""
    address: Address = request.app.state.address
    return address


def words_of(request: Request) -> Words:
    """Return the words of this site: of its pages, and of what a dialect says beside quotes."""
    words: Words = request.app.state.site.words
    return words


async def json_body(request: Request) -> None:
    """Refuse a body that is not said to be JSON; FastAPI reads no other as JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise HTTPException(415, "Send the body as Content-Type: application/json.")


def _at_once(look_up: Callable[[Request], _Found]) -> Callable[[Request], Awaitable[_Found]]:
    """Return a dependency that is looked up where it is asked for: others get a thread each."""

    async def dependency(request: Request) -> _Found:
        return look_up(request)

    return dependency


LibraryDep = Annotated[Library, Depends(_at_once(library_of))]
WholeLibraryDep = Annotated[Library, Depends(_at_once(whole_library_of))]
CallerDep = Annotated[Caller, Depends(_at_once(caller_of))]
AddressDep = Annotated[Address, Depends(_at_once(address_of))]
WordsDep = Annotated[Words, Depends(_at_once(words_of))]
WritingDesk = Annotated[Desk, Depends(_at_once(writing))]
"""In the signature of every route that changes what is held, and of no other."""
Administering = Depends(_at_once(administering))
"""Among the dependencies of every route that is for who runs the service, and of no other."""
