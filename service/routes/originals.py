"""GET /v1/documents/{id}/original: the bytes that a document was read from."""

import re
from pathlib import Path, PurePosixPath
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response
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
_RANGE = re.compile(rb"bytes=([0-9]{0,19})-([0-9]{0,19})")


@router.head("/documents/{document_id}/original", include_in_schema=False)
@router.get(
    "/documents/{document_id}/original",
    operation_id="read_original",
    summary="The file itself",
    response_class=FileResponse,
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

    A part of it with `Range: bytes=`; the ETag is its SHA-256.
    """
    card, path = _kept(library, document_id, collection)
    etag = f'"{card.sha256}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"ETag": etag})
    response = _Part(
        path,
        stat_result=path.stat(),
        filename=PurePosixPath(card.uri).name or card.document_id,
        content_disposition_type="inline",
        headers={
            "Content-Security-Policy": _OF_PDF
            if card.media_type == "application/pdf"
            else _SANDBOX,
            "ETag": etag,
        },
    )
    # As it is: a charset of ours would overrule the one that the file itself names.
    response.headers["content-type"] = card.media_type
    return response


def _kept(library: Library, document_id: str, collection: str | None) -> tuple[Card, Path]:
    held = False
    for name, retriever in library.retrievers(None if collection is None else [collection]):
        card = retriever.catalog.card(document_id)
        if card is None:
            continue
        held = True
        path = retriever.layout.original(card.sha256)
        if path.is_file():
            sightings.act("original")
            sightings.shown([(name, document_id)])
            return card, path
    if held:
        raise NotFoundError("the file of this document is not kept; index or upload it again")
    raise NotFoundError("there is no document of this id")


class _Part(FileResponse):
    """A file, or the one range of it that was asked for; any other wish is as if not spoken."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = self.stat_result.st_size if self.stat_result else 0
        asked = next((value for name, value in scope["headers"] if name == b"range"), None)
        found = None if asked is None else _RANGE.fullmatch(asked)
        first, last = (found[1], found[2]) if found else (b"", b"")
        if not (first or last) or (first and last and int(first) > int(last)):
            others = [entry for entry in scope["headers"] if entry[0] != b"range"]
            scope = {**scope, "headers": others}
        elif (int(first) >= size) if first else (int(last) == 0):
            headers = {"Content-Range": f"bytes */{size}"}
            raise HTTPException(416, "The file has no such bytes.", headers=headers)
        await super().__call__(scope, receive, send)
