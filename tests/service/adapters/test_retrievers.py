"""The retrievers, in the frameworks that they are for."""

import asyncio
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from langchain_core.documents import Document
from llama_index.core.schema import NodeWithScore
from pydantic import SecretStr

from service.clients.langchain_retriever import PinciteRetriever as LangChainRetriever
from service.clients.llama_index_retriever import PinciteRetriever as LlamaIndexRetriever
from tests.processes import Served
from tests.service.adapters.conftest import CANARY, UNANSWERED, guide

ANKLE = "what holds the ankle at night"
FOLDER = Path(__file__).parents[3] / "service" / "clients"


def langchain(served: Served, **fields: object) -> LangChainRetriever:
    """Return LangChain's retriever."""
    return LangChainRetriever.model_validate({"base_url": served.url, **fields})


def test_langchain_gets_quotes_as_documents(served: Served) -> None:
    """By `invoke`: the quote, an id that lasts, and where it stands."""
    documents = langchain(served, collections=["guides"]).invoke(ANKLE)
    assert len(documents) == 3
    first = documents[0]
    assert first.page_content == "A splint holds the ankle at night."
    assert first.id == f"{guide().document_id}#s{first.metadata['sentence']}"
    assert guide().text[first.metadata["start"] : first.metadata["end"]] == first.page_content
    assert first.metadata["source"] == "leaflets/guide.pdf"
    assert (first.metadata["page_number"], first.metadata["page_label"]) == (2, "ii")
    assert "page" not in first.metadata
    assert (first.metadata["status"], first.metadata["confidence"]) == ("answered", "high")
    assert first.page_content in first.metadata["context"]
    assert urlsplit(first.metadata["url"]).scheme == "http"
    assert httpx.get(first.metadata["url"]).status_code == 200


def test_langchain_s_other_ways_of_asking_give_the_same(served: Served) -> None:
    """`ainvoke` and `batch`; `k` is obeyed."""
    retriever = langchain(served, collections=["guides"])
    documents = retriever.invoke(ANKLE)
    assert asyncio.run(retriever.ainvoke(ANKLE)) == documents
    assert retriever.batch([ANKLE, ANKLE]) == [documents, documents]
    assert langchain(served, collections=["guides"], k=1).invoke(ANKLE) == documents[:1]


def test_langchain_chains_it(served: Served) -> None:
    """It is a Runnable, as every retriever there."""
    chain = langchain(served, collections=["guides"]) | _first
    assert chain.invoke(ANKLE) == "A splint holds the ankle at night."


def _first(documents: list[Document]) -> str:
    return documents[0].page_content


def llama(served: Served, **arguments: object) -> LlamaIndexRetriever:
    """Return LlamaIndex's retriever."""
    return LlamaIndexRetriever(served.url, **arguments)  # type: ignore[arg-type] # by name


def test_llama_index_gets_quotes_as_nodes(served: Served) -> None:
    """By `retrieve`: the quote, its score and its span; a model sees the title alone beside it."""
    nodes = llama(served, collections=["guides"]).retrieve(ANKLE)
    assert len(nodes) == 3
    first = nodes[0]
    assert isinstance(first, NodeWithScore)
    assert first.text == "A splint holds the ankle at night."
    assert 0 < first.get_score() <= 1
    node = first.node
    assert node.node_id == f"{guide().document_id}#s{node.metadata['sentence']}"
    assert guide().text[node.start_char_idx : node.end_char_idx] == first.text  # type: ignore[attr-defined] # a TextNode has them
    assert (node.metadata["page_number"], node.metadata["page_label"]) == (2, "ii")
    assert httpx.get(node.metadata["url"]).status_code == 200
    assert node.get_metadata_str("llm") == f"title: {guide().title}"  # type: ignore[arg-type] # its enum is of texts


def test_llama_index_s_other_way_of_asking_gives_the_same(served: Served) -> None:
    """`aretrieve`; `k` is obeyed."""
    retriever = llama(served, collections=["guides"])
    nodes = retriever.retrieve(ANKLE)
    found = asyncio.run(retriever.aretrieve(ANKLE))
    assert [one.text for one in found] == [one.text for one in nodes]
    assert [one.text for one in llama(served, k=1).retrieve(ANKLE)] == [nodes[0].text]


def test_what_is_not_answered_is_an_empty_list(served: Served) -> None:
    """In both; and where a better answer is asked for than there is."""
    assert langchain(served, collections=["default"]).invoke(UNANSWERED) == []
    assert llama(served, collections=["default"]).retrieve(UNANSWERED) == []
    question = "how long do these spasms usually last"
    assert langchain(served, collections=["default"]).invoke(question)
    strict = {"collections": ["default"], "min_confidence": "high"}
    assert langchain(served, **strict).invoke(question) == []
    assert llama(served, **strict).retrieve(question) == []


def test_an_error_is_raised_with_what_is_wrong(served: Served) -> None:
    """The service's own words are in the response; none of the question's."""
    for ask in (langchain(served).invoke, llama(served).retrieve):
        with pytest.raises(httpx.HTTPStatusError) as caught:
            ask(CANARY * 100)
        assert "at most 1000 characters" in caught.value.response.json()["detail"]
        assert "zanzibar7q" not in str(caught.value) + caught.value.response.text


def test_a_key_is_sent_as_a_bearer_and_never_shown(served: Served) -> None:
    """As the service takes it; a printed retriever does not tell it."""
    secret = langchain(served, api_key=SecretStr("zanzibar7q"))
    assert secret._headers() == {"Authorization": "Bearer zanzibar7q"}
    assert "zanzibar7q" not in repr(secret)
    assert llama(served, api_key="zanzibar7q")._headers == secret._headers()
    assert langchain(served)._headers() == llama(served)._headers == {}


@pytest.mark.parametrize("name", ["langchain_retriever", "llama_index_retriever"])
def test_a_copied_file_works_alone(tmp_path: Path, name: str) -> None:
    """In a folder of its own, where nothing of ours can be imported."""
    (tmp_path / f"{name}.py").write_bytes((FOLDER / f"{name}.py").read_bytes())
    script = (
        f"import sys; from {name} import PinciteRetriever; "
        "assert not {'service', 'index', 'corpus'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env={}, check=True)
