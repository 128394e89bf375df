"""POST /v1/verify: what became of old citations."""

from fastapi import APIRouter, Depends

from service import sightings
from service.routes.access import LibraryDep, json_body
from service.schemas.verification import VerifyRequest, VerifyResponse, verify_body
from service.verifying import Shelf
from service.verifying import verify as verdicts_on

router = APIRouter(prefix="/v1", tags=["questions"], dependencies=[Depends(json_body)])


@router.post("/verify", operation_id="verify", summary="What became of old citations?")
def verify(body: VerifyRequest, library: LibraryDep) -> VerifyResponse:
    """Return for each citation whether it is exact, moved, changed or gone, and its place now."""
    sightings.act("verified")
    shelves = [Shelf(name, one.kept, one.catalog) for name, one in library.retrievers(None)]
    verdicts = verdicts_on(shelves, [one.to_claim() for one in body.citations])
    standing = (one.standing for one in verdicts if one.standing is not None)
    sightings.shown((one.collection, one.document.document_id) for one in standing)
    return verify_body(body, verdicts, library.today())
