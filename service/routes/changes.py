"""PUT and DELETE /v1/documents/{id}, POST /v1/builds/{id}/activate: what changes what is held."""

from functools import partial
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from corpus.readers import MEDIA_TYPES, READERS
from service import sightings
from service.desk import Upload
from service.errors import RequestError
from service.routes.access import WritingDesk
from service.schemas.holdings import ChangeResponse, KeptResponse

router = APIRouter(prefix="/v1", tags=["changes"])

_BYTES = "application/octet-stream"
_FILE = {"schema": {"type": "string", "format": "binary"}}

NewId = Annotated[
    str,
    Path(
        max_length=64,
        pattern=r"^[A-Za-z0-9._-]*[A-Za-z0-9_-][A-Za-z0-9._-]*$",
        description="1 to 64 letters, digits, dots, underscores and hyphens; not dots alone.",
    ),
]
HeldId = Annotated[str, Path(max_length=200)]
IntoCollection = Annotated[str, Query(min_length=1, max_length=63)]


@router.put(
    "/documents/{document_id}",
    operation_id="put_document",
    summary="Add or replace a document",
    status_code=201,
    responses={200: {"model": KeptResponse, "description": "Replaced, or held already."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": dict.fromkeys((*READERS, _BYTES), _FILE),
        }
    },
)
async def put(  # noqa: PLR0917 - FastAPI gives them by name
    document_id: NewId,
    request: Request,
    response: Response,
    desk: WritingDesk,
    filename: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=255,
            description="Becomes the uri of a new document; its ending tells the type of "
            "application/octet-stream. Default: the id.",
        ),
    ] = None,
    collection: IntoCollection = "default",
) -> KeptResponse:
    """Read the body as a file, index it, and publish: the next answer knows it.

    A document that is replaced keeps its uri. Where the file cannot be read, nothing is changed,
    and the problem's `reason` says why; 415 where no reader knows the media type.
    """
    sightings.act("put")
    if filename is not None:
        _check_name(filename)
    media_type = _media_type(request.headers.get("content-type", ""), filename or document_id)
    with desk.in_line():
        upload = Upload(document_id, filename, media_type, await request.body())
        kept = await desk.in_turn(partial(desk.put, collection, upload))
    sightings.shown([(kept.collection, kept.card.document_id)])
    response.status_code = 201 if kept.created else 200
    return KeptResponse.of_kept(kept)


@router.delete(
    "/documents/{document_id}", operation_id="delete_document", summary="Remove a document"
)
async def delete(
    document_id: HeldId,
    desk: WritingDesk,
    collection: IntoCollection = "default",
    *,
    erase: Annotated[
        bool, Query(description="Delete the kept builds that hold it, and its file, as well.")
    ] = False,
) -> ChangeResponse:
    """Publish a build without the document: no search, list, page or suggestion reaches it.

    Kept older builds still hold it until they are pruned, and activating one brings it back;
    unless it is erased.
    """
    sightings.act("erased" if erase else "removed")
    with desk.in_line():
        build = await desk.in_turn(partial(desk.remove, collection, document_id, erase=erase))
    sightings.shown([(collection, document_id)])
    return ChangeResponse(collection=collection, build=build)


@router.post(
    "/builds/{build}/activate", operation_id="activate_build", summary="Publish a kept build again"
)
async def activate(
    build: HeldId, desk: WritingDesk, collection: IntoCollection = "default"
) -> ChangeResponse:
    """Go back, or forth, to a build that is kept; every file of it is checked before."""
    sightings.act("activated")
    with desk.in_line():
        published = await desk.in_turn(partial(desk.activate, collection, build))
    sightings.shown([], [collection])
    return ChangeResponse(collection=collection, build=published)


def _media_type(content_type: str, name: str) -> str:
    """Return the type to read a body as; 415 where no reader knows it."""
    said = content_type.partition(";")[0].strip().lower()
    if said in READERS:
        return said
    by_ending = MEDIA_TYPES.get(PurePosixPath(name).suffix.lower())
    if said in {"", _BYTES} and by_ending is not None:
        return by_ending
    raise HTTPException(
        415,
        f"Send the file's media type as Content-Type, one of {', '.join(sorted(READERS))}; or "
        f"{_BYTES} and a filename that ends in one of {', '.join(sorted(MEDIA_TYPES))}.",
    )


def _check_name(name: str) -> None:
    """Refuse what no file of a folder could be called: names become uris, and are shown."""
    parts = name.split("/")
    if not name.isprintable() or "\\" in name or any(part in {"", ".", ".."} for part in parts):
        raise RequestError(
            "filename: a file's name, or its path in a folder with '/' between; no '..', no "
            "control characters, no '\\'"
        )
