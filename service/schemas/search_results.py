"""Anthropic's `search_result` blocks: an answer's citations as content for a language model."""

from collections.abc import Sequence
from typing import Literal

from service.address import Address
from service.citations import Citation
from service.schemas.body import Body


class TextBlock(Body):
    """A stretch of the document, verbatim."""

    type: Literal["text"] = "text"
    text: str


class CitationsOption(Body):
    """Whether the model may cite the block."""

    enabled: bool = True


class SearchResult(Body):
    """A quote between the sentences around it, each side a block of its own."""

    type: Literal["search_result"] = "search_result"
    source: str
    title: str
    content: list[TextBlock]
    citations: CitationsOption = CitationsOption()


class SearchResultsResponse(Body):
    """The blocks, best first, to be put into a message or a tool's result as they are.

    `status` is null for POST /v1/search, which judges nothing.
    """

    status: Literal["answered", "low_confidence", "no_answer"] | None
    content: list[SearchResult]
    request_id: str


def search_results(citations: Sequence[Citation], address: Address) -> list[SearchResult]:
    """Return citations as blocks; empty text, which Anthropic refuses, is in none."""
    return [
        SearchResult(
            source=address.absolute(one.url),
            title=one.document.title,
            content=[TextBlock(text=text) for text in _parts(one) if text],
        )
        for one in citations
    ]


def _parts(citation: Citation) -> tuple[str, str, str]:
    start, end = citation.highlight
    context = citation.context
    return context[:start].strip(), context[start:end], context[end:].strip()
