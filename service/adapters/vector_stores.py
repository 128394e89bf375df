"""OpenAI's vector stores and models: each is a collection."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fastapi import APIRouter, Depends

from index.manifest import Manifest
from index.retriever import Retriever
from service import answering
from service.adapters.openai_faults import RESPONSES
from service.adapters.places import filename, place, texts
from service.address import Address
from service.answering import Answer, Question
from service.citations import Citation
from service.pages.words import Words
from service.routes.access import AddressDep, LibraryDep, WordsDep, json_body
from service.schemas.vector_stores import (
    FileCounts,
    Model,
    Models,
    StoreResult,
    StoreResults,
    StoreSearchRequest,
    StoreText,
    VectorStore,
    VectorStores,
)

MODELS = "extractive/"
"""What a collection's name has before it where it is a model."""

_LONGEST_VALUE = 512  # characters of an attribute, by OpenAI's rules

router = APIRouter(prefix="/v1", tags=["dialects"], responses=RESPONSES)


@router.get("/vector_stores", operation_id="list_vector_stores", summary="Collections, as stores")
def vector_stores(library: LibraryDep) -> VectorStores:
    """Return every collection."""
    stores = [_store(name, one) for name, one in library.retrievers(None)]
    return VectorStores(
        data=stores,
        first_id=stores[0].id if stores else None,
        last_id=stores[-1].id if stores else None,
    )


@router.get(
    "/vector_stores/{store_id}", operation_id="read_vector_store", summary="A collection, as store"
)
def vector_store(store_id: str, library: LibraryDep) -> VectorStore:
    """Return one collection."""
    return _store(store_id, library.retriever(store_id))


@router.post(
    "/vector_stores/{store_id}/search",
    operation_id="search_vector_store",
    summary="Search a collection, in OpenAI's form",
    dependencies=[Depends(json_body)],
)
def search(
    store_id: str,
    body: StoreSearchRequest,
    library: LibraryDep,
    address: AddressDep,
    words: WordsDep,
) -> StoreResults:
    """Return the passages that answer, best first; no data where none does."""
    least = body.ranking_options.score_threshold if body.ranking_options else 0.0
    wanted = body.filters.to_filter() if body.filters else None
    asked = Question("", (store_id,), body.max_num_results, filters=wanted)
    answers = [answering.answer(library, replace(asked, text=query)) for query in body.query]
    return StoreResults(
        search_query=body.query,
        data=[
            _result(found, one, address, words)
            for found, one in _best(answers)
            if one.hit.score >= least
        ][: body.max_num_results],
    )


@router.get("/models", operation_id="list_models", summary="Collections, as models to chat with")
def models(library: LibraryDep) -> Models:
    """Return every collection."""
    return Models(
        data=[
            Model(id=f"{MODELS}{name}", created=_made_at(one.manifest))
            for name, one in library.retrievers(None)
        ]
    )


def _best(answers: Iterable[Answer]) -> list[tuple[Answer, Citation]]:
    """Return the citations of all answers, best first, a passage once."""
    cited = [(found, one) for found in answers for one in found.citations]
    cited.sort(key=lambda pair: -pair[1].hit.score)
    distinct: dict[str, tuple[Answer, Citation]] = {}
    for found, one in cited:
        distinct.setdefault(one.hit.passage.passage_id, (found, one))
    return list(distinct.values())


def _result(found: Answer, citation: Citation, address: Address, words: Words) -> StoreResult:
    attributes = place(found, citation, address, words)
    attributes["url"] = _short(str(attributes["url"]))
    return StoreResult(
        file_id=citation.document.document_id,
        filename=filename(citation),
        score=round(citation.hit.score, 4),
        attributes={
            name: value
            for name, value in attributes.items()
            if not isinstance(value, str) or len(value) <= _LONGEST_VALUE
        },
        content=[StoreText(text=text) for text in texts(citation) if text],
    )


def _short(url: str) -> str:
    """Return a link that an attribute can hold: to the sentence, where its text is too long."""
    return url if len(url) <= _LONGEST_VALUE else url.partition(":~:")[0]


def _store(name: str, retriever: Retriever) -> VectorStore:
    counts = retriever.manifest.counts
    return VectorStore(
        id=name,
        name=name,
        file_counts=FileCounts(
            completed=counts.documents,
            failed=counts.skipped,
            total=counts.documents + counts.skipped,
        ),
        usage_bytes=retriever.kept.size_bytes(),
        created_at=_made_at(retriever.manifest),
        metadata={"build": retriever.manifest.build, "encoder": retriever.manifest.encoder},
    )


def _made_at(manifest: Manifest) -> int:
    return int(datetime.fromisoformat(manifest.created_at).timestamp())
