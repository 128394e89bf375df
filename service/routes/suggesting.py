"""GET /v1/suggest and /opensearch.xml: completions from the documents, and the address bar."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from corpus.normalize import canonical
from service import pages
from service.errors import NotFoundError
from service.routes.access import LibraryDep
from service.schemas.asking import LONGEST_QUESTION

router = APIRouter()

_MOST = 8


@router.get(
    "/v1/suggest",
    tags=["questions"],
    operation_id="suggest",
    summary="Complete what is typed, from the documents",
    responses={
        200: {
            "description": "What is typed, and its completions, as OpenSearch has it.",
            "content": {
                "application/x-suggestions+json": {
                    "schema": {
                        "type": "array",
                        "minItems": 2,
                        "maxItems": 2,
                        "items": {"type": ["string", "array"], "items": {"type": "string"}},
                    }
                }
            },
        }
    },
    response_class=JSONResponse,
)
def suggest(
    request: Request,
    library: LibraryDep,
    q: Annotated[str, Query(max_length=LONGEST_QUESTION, description="What is typed.")] = "",
    collection: Annotated[
        list[str] | None, Query(max_length=20, description="Collections to ask; all by default.")
    ] = None,
) -> Response:
    """Return up to 8 completions, none for less than 2 letters or digits."""
    if not request.app.state.site.suggestions:
        raise NotFoundError("suggestions are switched off; PINCITE_SUGGESTIONS=on switches them on")
    typed = canonical(q)
    lists = [
        retriever.suggestions.complete(typed, _MOST)
        for _, retriever in library.retrievers(collection)
    ]
    # The best of each collection, then the second of each: none is put before another.
    merged = dict.fromkeys(one[rank] for rank in range(_MOST) for one in lists if rank < len(one))
    return JSONResponse([q, [*merged][:_MOST]], media_type="application/x-suggestions+json")


@router.get("/opensearch.xml", include_in_schema=False)
def description(request: Request) -> Response:
    """Describe the search to a browser, which then has it in its address bar."""
    if not request.app.state.site.public_url:
        raise NotFoundError(
            "there is no description of this search, because its own address is not known; set "
            "PINCITE_PUBLIC_URL"
        )
    response = pages.page(request, "opensearch.xml")
    response.headers["content-type"] = "application/opensearchdescription+xml"
    return response
