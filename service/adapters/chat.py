"""POST /v1/chat/completions: the last question of a conversation, answered with quotes.

For clients that know only this form. Nothing is generated and no message but the last of the user
is read: the answer is the documents' sentences with `[1]` marks, and annotations that say whence.
"""

import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from service import answering
from service.adapters.openai_faults import RESPONSES
from service.adapters.places import texts, warning_of
from service.adapters.vector_stores import MODELS
from service.address import Address
from service.answering import Answer, Question
from service.citations import Citation
from service.errors import RequestError
from service.pages.words import Words
from service.routes.access import AddressDep, LibraryDep, WordsDep, json_body
from service.schemas.asking import SearchRequest, check
from service.schemas.chat import (
    Annotation,
    ChatCompletion,
    ChatRequest,
    Choice,
    ReplyMessage,
    Source,
    SourceName,
    UrlCitation,
    Usage,
)

_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ChatCompletion,
        "content": {"text/event-stream": {}},
        "description": "The answer; with `stream`, as server-sent events.",
    }
}

router = APIRouter(
    prefix="/v1",
    tags=["dialects"],
    dependencies=[Depends(json_body)],
    responses={**RESPONSES, **_STREAM},
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the reply; `citation` is what it quotes, None for words of the service's own.

    What follows a quote, its mark, is in `after`.
    """

    text: str
    citation: Citation | None = None
    after: str = ""


@router.post("/chat/completions", operation_id="chat", summary="Answer the last question of a chat")
def chat(
    body: ChatRequest,
    request: Request,
    library: LibraryDep,
    address: AddressDep,
    words: WordsDep,
) -> Response:
    """Answer with quotes and annotations, in one piece or as a stream."""
    name = body.model.removeprefix(MODELS)
    text = check(SearchRequest, {"question": _last_question(body)}).question
    reply = pieces(answering.answer(library, Question(text, (name,))), words)
    head = {
        "id": f"chatcmpl-{request.state.request_id}",
        "created": int(time.time()),
        "model": f"{MODELS}{name}",
    }
    if not body.stream:
        return JSONResponse(_completion(head, reply, address).model_dump())
    usage = body.stream_options is not None and bool(body.stream_options.include_usage)
    return StreamingResponse(
        _events(_chunks(head, reply, address, usage=usage)), media_type="text/event-stream"
    )


def pieces(found: Answer, words: Words) -> list[Piece]:
    """Return what a reply is made of: quotes, best first; or that there is no answer.

    What is not quoted stands in paragraphs of its own, before or after all the quotes, and no
    annotation covers it: how sure the answer is, and which quotes are from an overdue document.
    """
    if not found.citations:
        return [Piece(f"{words.no_answer} {words.no_answer_caution}")]
    reply = []
    if found.status == "low_confidence":
        reply.append(Piece(f"{words.low} {words.low_detail}\n\n"))
    last = len(found.citations)
    for number, one in enumerate(found.citations, start=1):
        leans_on, quote = texts(one)
        above = any(leans_on in piece.text for piece in reply)
        after = f" [{number}]" + ("\n" if number < last else "")
        reply.append(Piece(quote if above else one.statement, one, after))
    return reply + [Piece(f"\n\n{warning}") for warning in _warnings(found.citations, words)]


def _warnings(citations: Sequence[Citation], words: Words) -> list[str]:
    """Return a warning for each overdue document, after the marks of the quotes from it."""
    marks: dict[tuple[str, str], list[str]] = {}
    for number, one in enumerate(citations, start=1):
        if warning := warning_of(one, words):
            marks.setdefault((one.document.document_id, warning), []).append(f"[{number}]")
    return [f"{' '.join(numbers)} {warning}" for (_, warning), numbers in marks.items()]


def _last_question(body: ChatRequest) -> str:
    for message in reversed(body.messages):
        if message.role == "user":
            return _text(message.content)
    raise RequestError("messages: there is none of role `user` to answer")


def _text(content: str | Sequence[Mapping[str, Any]] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    if any(part.get("type") != "text" or not isinstance(part.get("text"), str) for part in content):
        raise RequestError("messages: the question must be text; other content cannot be read")
    return "\n".join(part["text"] for part in content)


def _completion(
    head: Mapping[str, Any], reply: Sequence[Piece], address: Address
) -> ChatCompletion:
    message = ReplyMessage(
        content="".join(piece.text + piece.after for piece in reply),
        annotations=_annotations(reply, address),
    )
    sources = [_source(one.citation, address) for one in reply if one.citation]
    return ChatCompletion(**head, choices=[Choice(message=message)], sources=sources)


def _chunks(
    head: Mapping[str, Any], reply: Sequence[Piece], address: Address, *, usage: bool
) -> Iterator[dict[str, Any]]:
    """Yield the stream's chunks: role, each piece with its source, annotations, stop, usage.

    A source goes with its piece, before the annotations: Open WebUI then takes an annotation for
    more of the same source. One that it met first it would show with an icon fetched from
    google.com, which tells that site the link.
    """
    head = {**head, "object": "chat.completion.chunk"}
    if usage:
        head["usage"] = None

    def chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**head, "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in reply:
        said = chunk({"content": piece.text + piece.after})
        if piece.citation:
            source = _source(piece.citation, address).model_dump()
            said["event"] = {"type": "source", "data": source}
        yield said
    annotations = [one.model_dump() for one in _annotations(reply, address)]
    if annotations:
        yield chunk({"annotations": annotations})
    yield chunk({}, "stop")
    if usage:
        yield {**head, "choices": [], "usage": Usage().model_dump()}


async def _events(chunks: Iterator[dict[str, Any]]) -> AsyncIterator[str]:
    for chunk in chunks:
        yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


def _annotations(reply: Sequence[Piece], address: Address) -> list[Annotation]:
    found = []
    at = 0
    for piece in reply:
        if piece.citation:
            cited = UrlCitation(
                url=address.absolute(piece.citation.url),
                title=piece.citation.document.title,
                start_index=at,
                end_index=at + len(piece.text),
            )
            found.append(Annotation(url_citation=cited))
        at += len(piece.text) + len(piece.after)
    return found


def _source(citation: Citation, address: Address) -> Source:
    """Return a citation as Open WebUI shows it: a source of its own, so that `[2]` is the second.

    Without `file_id` and `parameters`: it would link to a file of its own, and show empty ones.
    """
    title, url = citation.document.title, address.absolute(citation.url)
    metadata: dict[str, str | int | bool] = {
        "source": url,  # what it tells sources apart by, and joins annotations with
        "name": title,
        "source_url": url,
        "url": url,
        "html": False,
    }
    if citation.place.page is not None:
        metadata["page"] = citation.place.page[0] - 1  # it counts pages from 0, and shows one more
    return Source(
        source=SourceName(id=citation.document.document_id, name=title, url=url),
        document=[citation.statement],
        metadata=[metadata],
        distances=[round(citation.hit.score, 4)],
    )
