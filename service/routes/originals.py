"""GET /v1/documents/{id}/original: the bytes that a document was read from."""

import re
from collections.abc import Iterator
from os import SEEK_END
from pathlib import PurePosixPath
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from index.catalog import Card
from service import sightings
from service.errors import NotFoundError
from service.library import Library
from service.routes.access import LibraryDep

router = APIRouter(prefix="/v1", tags=["holdings"])

_SANDBOX = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_OF_PDF = "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""A PDF runs no script of a page, and a browser's viewer for it works in no sandbox."""
_PIECE = 64 * 1024
_RANGE = re.compile(r"bytes=([0-9]{0,19})-([0-9]{0,19})")


@router.head("/documents/{document_id}/original", include_in_schema=False)
@router.get(
    "/documents/{document_id}/original",
    operation_id="read_original",
    summary="The file itself",
    response_class=StreamingResponse,
    responses={
        206: {"description": "The range of bytes that was asked for."},
        304: {"description": "The file is the one that If-None-Match names."},
    },
)
def original(
    document_id: str,
    request: Request,
    library: LibraryDep,
    collection: Annotated[
        str | None, Query(max_length=63, description="Default: the first that holds it.")
    ] = None,
) -> Response:
    """Return the file that a document was read from, shown by a browser and never run.

    A part of it with one `Range: bytes=`; any other wish is as if not spoken. The ETag is its
    SHA-256.
    """
    card, file = _kept(library, document_id, collection)
    etag = f'"{card.sha256}"'
    headers = {
        "Content-Security-Policy": _OF_PDF if card.media_type == "application/pdf" else _SANDBOX,
        "Content-Disposition": _inline(PurePosixPath(card.uri).name or card.document_id),
        "Accept-Ranges": "bytes",
        "ETag": etag,
        # As it is: a charset of ours would overrule the one that the file itself names.
        "Content-Type": card.media_type,
    }
    if etag in request.headers.get("if-none-match", ""):
        file.close()
        return Response(status_code=304, headers={"ETag": etag})
    size = file.seek(0, SEEK_END)
    whole = request.headers.get("if-range", etag) != etag
    found = None if whole else _RANGE.fullmatch(request.headers.get("range", ""))
    first, last = (found[1], found[2]) if found else ("", "")
    if not (first or last) or (first and last and int(first) > int(last)):
        return _Part(request, file, 0, size, headers)
    if (int(first) >= size) if first else (int(last) == 0):
        file.close()
        raise HTTPException(
            416, "The file has no such bytes.", headers={"Content-Range": f"bytes */{size}"}
        )
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return _Part(request, file, start, end, headers)


def _kept(library: Library, document_id: str, collection: str | None) -> tuple[Card, BinaryIO]:
    held = False
    for name, retriever in library.retrievers(None if collection is None else [collection]):
        card = retriever.catalog.card(document_id)
        if card is None:
            continue
        held = True
        file = retriever.kept.original(card.sha256)
        if file is not None:
            sightings.act("original")
            sightings.shown([(name, document_id)])
            return card, file
    if held:
        raise NotFoundError("the file of this document is not kept; index or upload it again")
    raise NotFoundError("there is no document of this id")


def _inline(name: str) -> str:
    """Return the header that shows a file under its name (RFC 6266)."""
    plain = quote(name)
    return f'inline; filename="{name}"' if plain == name else f"inline; filename*=utf-8''{plain}"


class _Part(StreamingResponse):
    """The bytes of a file from `start` to before `end`; the file is closed afterwards."""

    def __init__(
        self, request: Request, file: BinaryIO, start: int, end: int, headers: dict[str, str]
    ) -> None:
        self._file = file
        file.seek(start)
        length = end - start
        pieces = iter(()) if request.method == "HEAD" else _pieces(file, length)
        status = 206 if "Content-Range" in headers else 200
        super().__init__(pieces, status, {**headers, "Content-Length": str(length)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _pieces(file: BinaryIO, left: int) -> Iterator[bytes]:
    while left and (piece := file.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece
