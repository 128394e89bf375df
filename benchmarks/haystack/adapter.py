"""Haystack by its tutorial on hybrid retrieval: two retrievers, a joiner, then sentence windows.

One `InMemoryDocumentStore`, the only one of its stores that has BM25 and vectors without a server;
reciprocal rank fusion; `SentenceWindowRetriever` for the sentences around.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.protocol import Found, Sentence, by_document, main

if TYPE_CHECKING:
    from haystack import Document, Pipeline
    from haystack_integrations.components.embedders.sentence_transformers import (
        SentenceTransformersDocumentEmbedder,
    )

_CANDIDATES = 10


class Haystack:
    """Hybrid search with the sentences around."""

    packages = ("haystack-ai", "sentence-transformers-haystack", "sentence-transformers", "torch")
    _embedder: "SentenceTransformersDocumentEmbedder"
    _pipeline: "Pipeline"

    def __init__(self, model: str, store: Path) -> None:
        self._path, self._store = model, store

    def load(self) -> None:
        """Load the model."""
        from haystack_integrations.components.embedders.sentence_transformers import (  # noqa: PLC0415
            SentenceTransformersDocumentEmbedder,
        )

        self._embedder = SentenceTransformersDocumentEmbedder(model=self._path, progress_bar=False)
        self._embedder.warm_up()

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Embed, write into the store, save the store."""
        from haystack.document_stores.in_memory import InMemoryDocumentStore  # noqa: PLC0415

        documents = _documents(sentences)
        if vectors is None:
            documents = self._embedder.run(documents=documents)["documents"]
        else:
            import numpy as np  # noqa: PLC0415

            for document, row in zip(documents, np.load(vectors), strict=True):
                document.embedding = row.tolist()
        store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        store.write_documents(documents)
        store.save_to_disk(str(self._store / "store.json"))

    def open(self, server: str | None) -> None:  # noqa: ARG002 - the runner asks its server
        """Load the store and build the pipeline."""
        self._pipeline = pipeline(self._path, self._store)

    def query(self, question: str, top: int) -> list[Found]:
        """Run the pipeline."""
        return answer(self._pipeline, question, top)

    def encode(self, question: str) -> None:
        """Turn a question into its vector."""
        self._pipeline.get_component("embedder").run(question)


def pipeline(model: str, folder: Path) -> "Pipeline":
    """Build the tutorial's pipeline over the saved store."""
    from haystack import Pipeline  # noqa: PLC0415 - timed
    from haystack.components.joiners import DocumentJoiner  # noqa: PLC0415
    from haystack.components.retrievers import SentenceWindowRetriever  # noqa: PLC0415
    from haystack.components.retrievers.in_memory import (  # noqa: PLC0415
        InMemoryBM25Retriever,
        InMemoryEmbeddingRetriever,
    )
    from haystack.document_stores.in_memory import InMemoryDocumentStore  # noqa: PLC0415
    from haystack_integrations.components.embedders.sentence_transformers import (  # noqa: PLC0415
        SentenceTransformersTextEmbedder,
    )

    store = InMemoryDocumentStore.load_from_disk(str(folder / "store.json"))
    encoder = SentenceTransformersTextEmbedder(model=model, progress_bar=False)
    joiner = DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=_CANDIDATES)
    made = Pipeline()
    made.add_component("embedder", encoder)
    made.add_component("dense", InMemoryEmbeddingRetriever(document_store=store, top_k=_CANDIDATES))
    made.add_component("lexical", InMemoryBM25Retriever(document_store=store, top_k=_CANDIDATES))
    made.add_component("joiner", joiner)
    made.add_component(
        "window",
        SentenceWindowRetriever(
            document_store=store,
            window_size=1,
            source_id_meta_field="source_id",
            split_id_meta_field="split_id",
        ),
    )
    made.connect("embedder.embedding", "dense.query_embedding")
    made.connect("dense", "joiner")
    made.connect("lexical", "joiner")
    made.connect("joiner.documents", "window.retrieved_documents")
    made.warm_up()
    return made


def answer(made: "Pipeline", question: str, top: int) -> list[Found]:
    """Ask the pipeline."""
    found = made.run(
        {
            "embedder": {"text": question},
            "lexical": {"query": question},
            "joiner": {"top_k": top},
        },
        include_outputs_from={"joiner"},
    )
    windows = found["window"]["context_windows"]
    return [
        Found(document.meta["number"], document.content, window)
        for document, window in zip(found["joiner"]["documents"], windows, strict=True)
    ]


def _documents(sentences: Sequence[Sentence]) -> list["Document"]:
    from haystack import Document  # noqa: PLC0415 - timed

    made = []
    for source, group in by_document(sentences):
        start = 0
        for place, one in enumerate(group):
            where = {"source_id": source, "split_id": place, "split_idx_start": start}
            made.append(Document(content=one.text, meta={"number": one.number, **where}))
            start += len(one.text)
    return made


if __name__ == "__main__":
    main(Haystack)
