"""OpenAI's chat completions, as they are asked and answered; a model is a collection."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.schemas.body import Body


class _Asked(BaseModel):
    # Clients send much about how to generate (temperature, tools, stop); nothing is generated here.
    model_config = ConfigDict(strict=True, frozen=True)


class Message(_Asked):
    """A message; only the last of role `user` is read, and must be text."""

    role: str
    content: str | list[dict[str, Any]] | None = None


class StreamOptions(_Asked):
    """What a stream says beside the answer."""

    include_usage: bool | None = None


class ResponseFormat(_Asked):
    """The form of the answer; sentences cannot be given another."""

    type: Literal["text"]


class ChatRequest(_Asked):
    """A conversation whose last question is to be answered."""

    model: str = Field(min_length=1, examples=["extractive/default"])
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=1, description="There is one answer.")
    response_format: ResponseFormat | None = None


class UrlCitation(Body):
    """A link to a passage; `content[start_index:end_index]`, in code points, is its text."""

    url: str
    title: str
    start_index: int
    end_index: int


class Annotation(Body):
    """What stands behind a stretch of the answer."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class SourceName(Body):
    """A document, as Open WebUI names a source."""

    id: str
    name: str
    url: str
    embed_url: str | None = None


class Source(Body):
    """A passage as Open WebUI shows it: lists of one, side by side."""

    source: SourceName
    document: list[str]
    metadata: list[dict[str, str | int | bool]]
    distances: list[float]


class Usage(Body):
    """No token was read or written by a model."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class ReplyMessage(Body):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: str | None = None
    annotations: list[Annotation]


class Choice(Body):
    """The one choice."""

    index: int = 0
    message: ReplyMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class ChatCompletion(Body):
    """An answer in one piece."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[Choice]
    usage: Usage = Usage()
    sources: list[Source] = Field(description="For Open WebUI.")
