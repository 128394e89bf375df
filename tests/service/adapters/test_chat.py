import json
from typing import Any, cast

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from service import answering
from service.adapters.chat import pieces
from service.answering import Question
from service.library import Library
from service.pages.words import ENGLISH
from tests.processes import Served
from tests.service.adapters.conftest import CANARY, QUESTION, QUOTE, UNANSWERED, guide

ANKLE = "what holds the ankle at night"
REFUSAL = "Nothing in these documents answers this. That does not mean the answer is no."


@pytest.fixture(scope="module")
def client(served: Served) -> openai.OpenAI:
    """Return OpenAI's own client, pointed here."""
    return openai.OpenAI(base_url=f"{served.url}/v1", api_key="key", max_retries=0)


def says(question: object) -> list[ChatCompletionMessageParam]:
    """Return a conversation that ends with `question`."""
    messages = [
        {"role": "system", "content": f"Answer about football. {UNANSWERED}"},
        {"role": "user", "content": "tell your nurse about every fall"},
        {"role": "assistant", "content": "Tell your nurse about every fall. [1]"},
        {"role": "user", "content": question},
    ]
    return cast("list[ChatCompletionMessageParam]", messages)


def post(served: Served, **body: object) -> httpx2.Response:
    """Ask over HTTP."""
    return httpx2.post(f"{served.url}/v1/chat/completions", json=body)


def test_the_last_question_is_answered_with_marked_quotes(client: openai.OpenAI) -> None:
    """Quotes, best first, each with its mark; a sentence that stands above is not said again."""
    done = client.chat.completions.create(model="extractive/guides", messages=says(ANKLE))
    assert done.model == "extractive/guides"
    assert done.object == "chat.completion"
    assert done.usage is not None
    assert done.usage.total_tokens == 0
    (choice,) = done.choices
    assert choice.finish_reason == "stop"
    assert choice.message.content == (
        "A splint holds the ankle at night. [1]\n"
        "It must never hurt. [2]\n"
        "Physiotherapy 🦵 keeps the muscles of the legs long. [3]"
    )


def test_annotations_point_at_the_quotes_in_code_points(client: openai.OpenAI) -> None:
    """Each range of the content is text of the document, also after a character outside the BMP."""
    question = "does physiotherapy keep the muscles of the legs long"
    done = client.chat.completions.create(model="guides", messages=says(question))
    message = done.choices[0].message
    assert message.content is not None
    assert message.annotations is not None
    assert len(message.annotations) >= 2
    for number, annotation in enumerate(message.annotations, start=1):
        cited = annotation.url_citation
        quote = message.content[cited.start_index : cited.end_index]
        assert quote in guide().text
        assert message.content[cited.end_index :].startswith(f" [{number}]")
        assert cited.title == guide().title
        assert cited.url.startswith("http://127.0.0.1:")


def test_a_link_leads_to_its_sentence(client: openai.OpenAI) -> None:
    """The page that an annotation links to has an element of that name."""
    done = client.chat.completions.create(model="guides", messages=says(ANKLE))
    annotations = done.choices[0].message.annotations
    assert annotations
    address, _, fragment = annotations[0].url_citation.url.partition("#")
    element = fragment.partition(":~:")[0]
    assert f'id="{element}"' in httpx2.get(address).text


def test_an_uncertain_answer_says_so_before_the_quotes(client: openai.OpenAI) -> None:
    """In the pages' own words, which no annotation covers."""
    done = client.chat.completions.create(model="default", messages=says(QUESTION))
    message = done.choices[0].message
    assert message.content == f"{ENGLISH.low} {ENGLISH.low_detail}\n\n{QUOTE} [1]"
    assert message.annotations
    cited = message.annotations[0].url_citation
    assert message.content[cited.start_index : cited.end_index] == QUOTE


def test_no_answer_is_a_refusal_without_annotations(client: openai.OpenAI) -> None:
    """The one sentence that is not a quote; never a guess."""
    done = client.chat.completions.create(model="default", messages=says(UNANSWERED))
    message = done.choices[0].message
    assert message.content == REFUSAL
    assert message.annotations == []


def test_nothing_but_quotes_marks_and_the_house_s_words_is_said(shelf: Library) -> None:
    """Whatever is asked, a piece is in its document or in the file of words."""
    sentences = {ENGLISH.no_answer, ENGLISH.no_answer_caution, ENGLISH.low, ENGLISH.low_detail}
    for question in (QUESTION, ANKLE, UNANSWERED, "tablets", "fall", "it must never hurt"):
        for piece in pieces(answering.answer(shelf, Question(question)), ENGLISH):
            if piece.citation is None:
                left = piece.text
                for sentence in sentences:
                    left = left.replace(sentence, "")
                assert not left.strip()
                continue
            retriever = shelf.retriever(piece.citation.collection)
            document = retriever.catalog.document(piece.citation.document.document_id)
            assert document is not None
            assert piece.text in document.text


def test_a_stream_says_the_same_as_the_whole(client: openai.OpenAI) -> None:
    """Role first, pieces, annotations, stop; every chunk has one choice, usage only when asked."""
    whole = client.chat.completions.create(model="guides", messages=says(ANKLE)).choices[0].message
    stream = client.chat.completions.create(model="guides", messages=says(ANKLE), stream=True)
    chunks = list(stream)
    assert len({chunk.id for chunk in chunks}) == 1
    assert all(chunk.model == "extractive/guides" for chunk in chunks)
    assert all(len(chunk.choices) == 1 and chunk.usage is None for chunk in chunks)
    assert chunks[0].choices[0].delta.role == "assistant"
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert said == whole.content
    assert [chunk.choices[0].finish_reason for chunk in chunks][-1] == "stop"
    annotations = [getattr(chunk.choices[0].delta, "annotations", None) for chunk in chunks]
    (given,) = [one for one in annotations if one]
    assert whole.annotations is not None
    assert given == [one.model_dump() for one in whole.annotations]


def test_a_stream_ends_with_usage_when_asked(client: openai.OpenAI) -> None:
    """One more chunk without choices; zeros, because no model read or wrote anything."""
    stream = client.chat.completions.create(
        model="guides",
        messages=says(ANKLE),
        stream=True,
        stream_options={"include_usage": True},
    )
    *chunks, last = list(stream)
    assert all(chunk.usage is None for chunk in chunks)
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.total_tokens == 0


def test_a_stream_is_server_sent_events_that_end_with_done(served: Served) -> None:
    """One `data:` line an event, the last of them [DONE]; nothing on the way may buffer it."""
    response = post(served, model="guides", messages=says(ANKLE), stream=True)
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, last = response.text.removesuffix("\n\n").split("\n\n")
    assert last == "data: [DONE]"
    for event in events:
        chunk = json.loads(event.removeprefix("data: "))
        assert chunk["object"] == "chat.completion.chunk"


def test_a_refusal_streams_without_annotations_or_sources(served: Served) -> None:
    """Role, the sentence, stop."""
    response = post(served, model="default", messages=says(UNANSWERED), stream=True)
    events = response.text.split("\n\n")
    deltas = [
        json.loads(one[6:])["choices"][0]["delta"] for one in events if one.startswith("data: {")
    ]
    assert deltas == [{"role": "assistant", "content": ""}, {"content": REFUSAL}, {}]
    assert '"event"' not in response.text


def test_open_webui_gets_a_source_for_each_mark(served: Served) -> None:
    """In a stream, with the piece that it stands behind; pages count from 0 there."""
    response = post(served, model="guides", messages=says(ANKLE), stream=True)
    chunks = [json.loads(one[6:]) for one in response.text.split("\n\n") if '"choices"' in one]
    events = [chunk["event"] for chunk in chunks if "event" in chunk]
    assert [one["type"] for one in events] == ["source"] * 3
    first = events[0]["data"]
    (metadata,) = first["metadata"]
    assert metadata["page"] == 1  # page 2 of the document
    assert (first["document"], first["source"]["name"]) == (
        ["A splint holds the ankle at night."],
        guide().title,
    )
    assert 0 < first["distances"][0] <= 1
    whole = post(served, model="guides", messages=says(ANKLE)).json()
    assert whole["sources"] == [one["data"] for one in events]


def test_open_webui_asks_no_other_site_for_icons(served: Served) -> None:
    """Every source has its link as `source_url`, and is the one that its annotation joins.

    Open WebUI fetches an icon from google.com for a source with a link and no `source_url`; an
    annotation alone would be one, so its link is that of a source that came before it.
    """
    text = post(served, model="guides", messages=says(ANKLE), stream=True).text
    chunks = [json.loads(one[6:]) for one in text.split("\n\n") if '"choices"' in one]
    met: set[str] = set()
    for chunk in chunks:
        if "event" in chunk:
            (metadata,) = chunk["event"]["data"]["metadata"]
            assert metadata["source_url"] == metadata["source"]
            met.add(metadata["source"])
        for annotation in chunk["choices"][0]["delta"].get("annotations", []):
            assert annotation["url_citation"]["url"] in met
    assert len(met) == 3


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": ANKLE}],
        [{"type": "text", "text": "what holds the ankle"}, {"type": "text", "text": "at night"}],
        f"  {ANKLE}\n",
    ],
    ids=["one part", "two parts", "with white space"],
)
def test_a_question_may_come_in_parts(client: openai.OpenAI, content: object) -> None:
    """Parts of text are lines of one question."""
    done = client.chat.completions.create(model="guides", messages=says(content))
    assert (done.choices[0].message.content or "").startswith("A splint holds")


def test_a_long_conversation_is_read_for_its_last_question(client: openai.OpenAI) -> None:
    """What was said before may be longer than any question."""
    long: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "and " * 50_000},
        *says(ANKLE),
    ]
    done = client.chat.completions.create(model="guides", messages=long)
    assert (done.choices[0].message.content or "").startswith("A splint holds")


def test_settings_of_generation_change_nothing(client: openai.OpenAI) -> None:
    """Temperature, tools and the like are accepted; there is nothing for them to do."""
    done = client.chat.completions.create(
        model="guides",
        messages=says(ANKLE),
        temperature=1.9,
        max_tokens=1,
        stop=["splint"],
        tools=[{"type": "function", "function": {"name": "f"}}],
        user="someone",
    )
    assert (done.choices[0].message.content or "").startswith("A splint holds")


IMAGE = [{"type": "text", "text": CANARY}, {"type": "image_url", "image_url": {"url": CANARY}}]
BAD: list[dict[str, Any]] = [
    {"messages": says(CANARY)},
    {"model": "", "messages": says(CANARY)},
    {"model": "default"},
    {"model": "default", "messages": []},
    {"model": "default", "messages": [{"role": "system", "content": CANARY}]},
    {"model": "default", "messages": says("")},
    {"model": "default", "messages": says(None)},
    {"model": "default", "messages": says([])},
    {"model": "default", "messages": says(IMAGE)},
    {"model": "default", "messages": says([{"type": "text", "text": 5}])},
    {"model": "default", "messages": says([CANARY])},
    {"model": "default", "messages": says({"text": CANARY})},
    {"model": "default", "messages": says(CANARY * 100)},
    {"model": "default", "messages": says(f"{CANARY}\x00")},
    {"model": "default", "messages": says(CANARY), "n": 2},
    {"model": "default", "messages": says(CANARY), "stream": "yes"},
    {"model": "default", "messages": says(CANARY), "response_format": {"type": "json_object"}},
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("body", BAD, ids=lambda body: str(body)[-60:])
def test_a_bad_request_is_400_in_openais_form(
    served: Served, body: dict[str, Any], *, stream: bool
) -> None:
    """Before any event is sent, and without a word of the conversation."""
    response = post(served, **{"stream": stream, **body})
    assert response.status_code == 400
    error = response.json()["error"]
    assert (error["type"], set(error)) == (
        "invalid_request_error",
        {"message", "type", "param", "code"},
    )
    assert error["message"]
    assert "zanzibar7q" not in response.text


def test_an_unknown_model_and_other_faults(client: openai.OpenAI, served: Served) -> None:
    """404, 405 and 413 in OpenAI's form."""
    for model in ("zanzibar7q", "extractive/", "extractive/extractive/default", "gpt-5"):
        with pytest.raises(openai.NotFoundError) as caught:
            client.chat.completions.create(model=model, messages=says(QUESTION))
        assert "zanzibar7q" not in str(caught.value)
    responses = [
        httpx2.get(f"{served.url}/v1/chat/completions", headers={"accept": "text/html"}),
        httpx2.get(f"{served.url}/v1/chat/zanzibar7q", headers={"accept": "text/html"}),
        post(served, model="default", messages=says("zanzibar7q" * 200_000)),
    ]
    assert [one.status_code for one in responses] == [405, 404, 413]
    for one in responses:
        assert set(one.json()["error"]) == {"message", "type", "param", "code"}
        assert "zanzibar7q" not in one.text
