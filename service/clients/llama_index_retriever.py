"""A LlamaIndex retriever over Pincite's HTTP API.

This file stands alone: copy it. It needs `llama-index-core` and `httpx`, which comes with that.
"""

from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urljoin

import httpx
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode


class PinciteRetriever(BaseRetriever):
    """Returns quotes as scored nodes, best first; none where the documents do not answer.

    `collections` None means all that the key may read. An error of the service is an
    `httpx.HTTPStatusError`; its `response.json()["detail"]` says what is wrong.
    """

    def __init__(
        self,
        base_url: str,
        *,
        collections: Sequence[str] | None = None,
        api_key: str | None = None,
        k: int = 5,
        min_confidence: Literal["low", "medium", "high"] = "low",
        timeout_seconds: float = 30.0,
    ) -> None:
        super().__init__()
        self._base_url = base_url
        self._url = f"{base_url.rstrip('/')}/v1/answers"
        self._headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        self._asked: dict[str, Any] = {"top_k": k, "min_confidence": min_confidence}
        if collections is not None:
            self._asked["collections"] = list(collections)
        self._timeout_seconds = timeout_seconds

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        body = {"question": query_bundle.query_str, **self._asked}
        with httpx.Client(headers=self._headers, timeout=self._timeout_seconds) as client:
            return self._nodes(client.post(self._url, json=body))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        body = {"question": query_bundle.query_str, **self._asked}
        headers, timeout = self._headers, self._timeout_seconds
        async with httpx.AsyncClient(headers=headers, timeout=timeout) as client:
            return self._nodes(await client.post(self._url, json=body))

    def _nodes(self, response: httpx.Response) -> list[NodeWithScore]:
        response.raise_for_status()
        answer = response.json()
        return [self._node(answer, citation) for citation in answer["citations"]]

    def _node(self, answer: dict[str, Any], citation: dict[str, Any]) -> NodeWithScore:
        document, page = citation["document"], citation["page"]
        metadata = {
            "source": document["uri"],
            "title": document["title"],
            "document_id": document["id"],
            "review_status": document["review_status"],  # current, overdue, unknown
            "section": citation["section"],
            "line": citation["line"],
            "sentence": citation["sentence"],
            "context": citation["context"]["text"],
            "url": urljoin(self._base_url, citation["url"]),
            "status": answer["status"],
            "confidence": answer["confidence"]["bucket"],
        }
        if page is not None:  # never a bare `page`: loaders disagree whether that counts from 0
            metadata |= {"page_number": page["number"], "page_label": page["label"]}
        node = TextNode(
            text=citation["quote"],
            id_=f"{document['id']}#s{citation['sentence']}",
            metadata=metadata,
            start_char_idx=citation["offsets"]["start"],  # code points, half open
            end_char_idx=citation["offsets"]["end"],
            # A model reads the quote under its title; the rest is for people and programs.
            excluded_llm_metadata_keys=[name for name in metadata if name != "title"],
        )
        return NodeWithScore(node=node, score=citation["score"])
