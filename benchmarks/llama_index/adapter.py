"""LlamaIndex by its guides to hybrid search and to sentence windows.

A `VectorStoreIndex` over FAISS and a `BM25Retriever`, joined by `QueryFusionRetriever` (reciprocal
rank, no made-up questions, as no language model is there); each node is a sentence with its window
in the metadata, put back by `MetadataReplacementPostProcessor`. There is no server of its own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.protocol import Found, Sentence, by_document, main

if TYPE_CHECKING:
    from llama_index.core.postprocessor import MetadataReplacementPostProcessor
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.schema import TextNode
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding

_CANDIDATES = 10


class LlamaIndex:
    """Hybrid search with the sentences around."""

    packages = (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-retrievers-bm25",
        "llama-index-vector-stores-faiss",
        "torch",
    )
    _encoder: "HuggingFaceEmbedding"
    _retriever: "QueryFusionRetriever"
    _window: "MetadataReplacementPostProcessor"

    def __init__(self, model: str, store: Path) -> None:
        self._path, self._store = model, store

    def load(self) -> None:
        """Load the model."""
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # noqa: PLC0415

        self._encoder = HuggingFaceEmbedding(self._path, device="cpu")

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Make nodes with their windows, index them twice, persist."""
        import faiss  # noqa: PLC0415 - timed
        from llama_index.core import StorageContext, VectorStoreIndex  # noqa: PLC0415
        from llama_index.retrievers.bm25 import BM25Retriever  # noqa: PLC0415
        from llama_index.vector_stores.faiss import FaissVectorStore  # noqa: PLC0415

        if vectors is not None:
            self.load()
        nodes = _nodes(sentences)
        if vectors is not None:
            import numpy as np  # noqa: PLC0415

            for node, row in zip(nodes, np.load(vectors), strict=True):
                node.embedding = row.tolist()
        store = FaissVectorStore(faiss.IndexFlatIP(len(self._encoder.get_query_embedding("one"))))
        index = VectorStoreIndex(
            nodes,
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=self._encoder,
        )
        index.storage_context.persist(str(self._store / "vectors"))
        BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=_CANDIDATES).persist(
            str(self._store / "bm25")
        )

    def open(self, server: str | None) -> None:  # noqa: ARG002 - it has none
        """Load both indexes and the model."""
        from llama_index.core import StorageContext, load_index_from_storage  # noqa: PLC0415
        from llama_index.core.llms import MockLLM  # noqa: PLC0415
        from llama_index.core.postprocessor import (  # noqa: PLC0415
            MetadataReplacementPostProcessor,
        )
        from llama_index.core.retrievers import QueryFusionRetriever  # noqa: PLC0415
        from llama_index.core.retrievers.fusion_retriever import FUSION_MODES  # noqa: PLC0415
        from llama_index.retrievers.bm25 import BM25Retriever  # noqa: PLC0415
        from llama_index.vector_stores.faiss import FaissVectorStore  # noqa: PLC0415

        self.load()
        folder = str(self._store / "vectors")
        context = StorageContext.from_defaults(
            vector_store=FaissVectorStore.from_persist_dir(folder), persist_dir=folder
        )
        index = load_index_from_storage(context, embed_model=self._encoder)
        self._retriever = QueryFusionRetriever(
            [
                index.as_retriever(similarity_top_k=_CANDIDATES),
                BM25Retriever.from_persist_dir(str(self._store / "bm25")),
            ],
            llm=MockLLM(),
            num_queries=1,
            mode=FUSION_MODES.RECIPROCAL_RANK,
            similarity_top_k=_CANDIDATES,
            use_async=False,
        )
        self._window = MetadataReplacementPostProcessor(target_metadata_key="window")

    def query(self, question: str, top: int) -> list[Found]:
        """Retrieve from both, fuse, put the windows back."""
        hits = self._window.postprocess_nodes(self._retriever.retrieve(question)[:top])
        return [
            Found(
                int(hit.node.metadata["number"]),
                hit.node.metadata["original_text"],
                hit.node.get_content(),
            )
            for hit in hits
        ]

    def encode(self, question: str) -> None:
        """Turn a question into its vector."""
        self._encoder.get_query_embedding(question)


def _nodes(sentences: Sequence[Sentence]) -> list["TextNode"]:
    from llama_index.core.schema import TextNode  # noqa: PLC0415 - timed

    nodes = []
    for _, group in by_document(sentences):
        for place, one in enumerate(group):
            window = " ".join(near.text for near in group[max(place - 1, 0) : place + 2])
            node = TextNode(
                text=one.text,
                id_=str(one.number),
                metadata={"number": one.number, "window": window, "original_text": one.text},
            )
            node.excluded_embed_metadata_keys = list(node.metadata)
            node.excluded_llm_metadata_keys = list(node.metadata)
            nodes.append(node)
    return nodes


if __name__ == "__main__":
    main(LlamaIndex)
