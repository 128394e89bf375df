"""A LangChain retriever over Pincite's HTTP API.

This file stands alone: copy it. It needs `langchain-core` and `httpx`, which comes with that.
"""

from typing import Any, Literal
from urllib.parse import urljoin

import httpx
from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import SecretStr


class PinciteRetriever(BaseRetriever):
    """Returns quotes as documents, best first; none where the documents do not answer.

    `collections` None means all that the key may read. An error of the service is an
    `httpx.HTTPStatusError`; its `response.json()["detail"]` says what is wrong.
    """

    base_url: str
    collections: list[str] | None = None
    api_key: SecretStr | None = None
    k: int = 5
    min_confidence: Literal["low", "medium", "high"] = "low"
    timeout_seconds: float = 30.0

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - the framework's signature
    ) -> list[Document]:
        with httpx.Client(headers=self._headers(), timeout=self.timeout_seconds) as client:
            return self._documents(client.post(self._url(), json=self._body(query)))

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002 - as above
    ) -> list[Document]:
        headers = self._headers()
        async with httpx.AsyncClient(headers=headers, timeout=self.timeout_seconds) as client:
            return self._documents(await client.post(self._url(), json=self._body(query)))

    def _url(self) -> str:
        return f"{self.base_url.rstrip('/')}/v1/answers"

    def _headers(self) -> dict[str, str]:
        if self.api_key is None:
            return {}
        return {"Authorization": f"Bearer {self.api_key.get_secret_value()}"}

    def _body(self, query: str) -> dict[str, Any]:
        body = {"question": query, "top_k": self.k, "min_confidence": self.min_confidence}
        return body if self.collections is None else {**body, "collections": self.collections}

    def _documents(self, response: httpx.Response) -> list[Document]:
        response.raise_for_status()
        answer = response.json()
        return [self._document(answer, citation) for citation in answer["citations"]]

    def _document(self, answer: dict[str, Any], citation: dict[str, Any]) -> Document:
        document, page = citation["document"], citation["page"]
        metadata = {
            "source": document["uri"],
            "title": document["title"],
            "document_id": document["id"],
            "review_status": document["review_status"],  # current, overdue, unknown
            "section": citation["section"],
            "line": citation["line"],
            "sentence": citation["sentence"],
            "start": citation["offsets"]["start"],  # code points, half open
            "end": citation["offsets"]["end"],
            "context": citation["context"]["text"],
            "url": urljoin(self.base_url, citation["url"]),
            "score": citation["score"],
            "status": answer["status"],
            "confidence": answer["confidence"]["bucket"],
        }
        if page is not None:  # never a bare `page`: loaders disagree whether that counts from 0
            metadata |= {"page_number": page["number"], "page_label": page["label"]}
        identity = f"{document['id']}#s{citation['sentence']}"
        return Document(page_content=citation["quote"], id=identity, metadata=metadata)
