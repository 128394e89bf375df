"""Clients of a server: each with one kept connection, asking again as soon as it is answered."""

import http.client
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

from benchmarks.protocol import Answers
from benchmarks.systems import Server

_PATIENCE = 30.0
"""Seconds after which a client gives a question up."""


def ask(
    port: int, server: Server, questions: Sequence[str], clients: int, budget: float
) -> Answers:
    """Ask `questions` with so many clients; after `budget` seconds none is begun."""
    began = time.perf_counter()
    line = iter(questions)

    def client(_number: int) -> list[tuple[float, bytes, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        answers = []
        for question in line:  # one line for all; a list's iterator is shared safely by threads
            asked = time.perf_counter()
            if asked - began > budget:
                break
            body, fault = _answered(connection, server, question)
            answers.append((1000 * (time.perf_counter() - asked), body, fault))
        connection.close()
        return answers

    with ThreadPoolExecutor(clients) as pool:
        answers = [one for each in pool.map(client, range(clients)) for one in each]
    seconds = time.perf_counter() - began
    found = [passages(json.loads(body)) if body else [] for _, body, _ in answers]
    return Answers(
        milliseconds=[took for took, _, fault in answers if not fault],
        seconds=seconds,
        found=[[text for text, _ in each] for each in found],
        context=_share(len(around) > len(text) for each in found for text, around in each),
        faults=[fault for _, _, fault in answers if fault],
    )


def passages(body: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - JSON of several systems
    """Return what an answer's body holds: each passage's text and the text around it."""
    if isinstance(body, Mapping):
        return [(one["quote"], one["context"]["text"]) for one in body["citations"]]
    return [(one["text"], "") for one in body]


def _answered(
    connection: http.client.HTTPConnection, server: Server, question: str
) -> tuple[bytes, str]:
    try:
        if server.body is None:
            connection.request("GET", server.path.replace("QUESTION", quote(question)))
        else:
            body = json.dumps(
                {
                    name: question if value == "QUESTION" else value
                    for name, value in server.body.items()
                }
            )
            headers = {"content-type": "application/json"}
            connection.request("POST", server.path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return b"", repr(error)
    if response.status != http.client.OK:
        return b"", f"status {response.status}"
    return answer, ""


def _share(facts: Iterable[bool]) -> float:
    held = list(facts)
    return sum(held) / max(len(held), 1)
