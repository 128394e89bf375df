"""What the runner and an adapter say to each other: one JSON object a line, on the adapter's pipes.

    {"command": "index", "sentences": PATH, "vectors": PATH or null}
            -> {"seconds": …}
    {"command": "open", "server": URL or null}
            -> {"opened": true}
    {"command": "query", "questions": […], "clients": 8, "top": 5, "budget": 20.0}
            -> {"milliseconds": […], "seconds": …, "found": [[text, …], …], "context": share of
                what was found that had text around it, "faults": […]}
    {"command": "encode", "questions": […]}
            -> {"milliseconds": […]}
    {"command": "versions"}
            -> {"python": "3.11.7", "txtai": "9.14.0", …}
    {"command": "quit"}

A command that fails is answered with {"error": "…"}. Standard library alone: peers' environments
have nothing of ours.
"""

import faulthandler
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Protocol, TextIO, TypedDict


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of one document; `number` counts through all documents, from 0."""

    number: int
    document: str
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """One sentence that a system found, by its number; the text around it where it gives that."""

    number: int
    text: str
    context: str = ""


class System(Protocol):
    """One system under test, made with the folder of the model and a folder for its index."""

    @property
    def packages(self) -> tuple[str, ...]:
        """Distributions whose versions are written beside the figures, the system's own first."""

    def load(self) -> None:
        """Load the model; the clock of an index runs from after this."""

    def index(self, sentences: Sequence[Sentence], vectors: Path | None) -> None:
        """Index into the folder; with the sentences' vectors (a .npy) where they are known."""

    def open(self, server: str | None) -> None:
        """Open the index in the folder, or a client of the server at this address."""

    def query(self, question: str, top: int) -> list[Found]:
        """Answer with the best sentences, best first; threads may call it at once."""

    def encode(self, question: str) -> None:
        """Turn a question into its vector, and nothing else."""


class Answers(TypedDict):
    """What came of questions that several clients asked at once."""

    milliseconds: list[float]
    seconds: float
    found: list[list[str]]
    context: float
    faults: list[str]


def read(path: Path) -> list[Sentence]:
    """Read sentences: a JSON object a line."""
    with path.open(encoding="utf-8") as lines:
        return [Sentence(**json.loads(line)) for line in lines]


def by_document(sentences: Sequence[Sentence]) -> Iterator[tuple[str, list[Sentence]]]:
    """Yield each document's id with its sentences."""
    for document, group in groupby(sentences, key=lambda sentence: sentence.document):
        yield document, list(group)


def ask(system: System, questions: Sequence[str], clients: int, top: int, budget: float) -> Answers:
    """Ask `questions` with so many clients, each with its next as soon as the last is answered.

    After `budget` seconds no further question is begun.
    """
    began = time.perf_counter()

    def one(question: str) -> tuple[float, list[Found], str] | None:
        asked = time.perf_counter()
        if asked - began > budget:
            return None
        try:
            found, fault = system.query(question, top), ""
        except Exception as error:  # noqa: BLE001 - counted and shown, whatever it is
            found, fault = [], f"{type(error).__name__}: {error}"[:200]
        return 1000 * (time.perf_counter() - asked), found, fault

    with ThreadPoolExecutor(clients) as pool:
        answers = [answer for answer in pool.map(one, questions) if answer is not None]
    seconds = time.perf_counter() - began
    contexts = [len(hit.context) > len(hit.text) for _, found, _ in answers for hit in found]
    return Answers(
        milliseconds=[took for took, _, fault in answers if not fault],
        seconds=seconds,
        found=[[hit.text for hit in found] for _, found, _ in answers],
        context=sum(contexts) / max(len(contexts), 1),
        faults=[fault for _, _, fault in answers if fault],
    )


def reply(system: System, command: dict[str, object]) -> dict[str, object]:
    """Do what one line asks."""
    match command:
        case {"command": "index", "sentences": str(sentences), "vectors": vectors}:
            if vectors is None:
                system.load()
            began = time.perf_counter()
            system.index(read(Path(sentences)), None if vectors is None else Path(str(vectors)))
            return {"seconds": time.perf_counter() - began}
        case {"command": "open", "server": server}:
            system.open(None if server is None else str(server))
            return {"opened": True}
        case {
            "command": "query",
            "questions": list(questions),
            "clients": int(clients),
            "top": int(top),
            "budget": float() | int() as budget,
        }:
            return dict(ask(system, questions, clients, top, budget))
        case {"command": "encode", "questions": list(questions)}:
            milliseconds = []
            for question in questions:
                began = time.perf_counter()
                system.encode(question)
                milliseconds.append(1000 * (time.perf_counter() - began))
            return {"milliseconds": milliseconds}
        case {"command": "versions"}:
            python = {"python": platform.python_version()}
            return {**python, **{name: version(name) for name in system.packages}}
        case _:
            raise ValueError(f"no such command: {command}")


def serve(system: System, lines: TextIO, replies: TextIO) -> None:
    """Answer every line until "quit" or the end."""
    for line in lines:
        command = json.loads(line)
        if command == {"command": "quit"}:
            return
        try:
            answer = reply(system, command)
        except Exception as error:  # noqa: BLE001 - the runner shows it, and goes on with the next
            answer = {"error": f"{type(error).__name__}: {error}"}
        replies.write(json.dumps(answer) + "\n")
        replies.flush()


def main(maker: Callable[[str, Path], System]) -> None:
    """Run an adapter: `python -m benchmarks.NAME.adapter MODEL STORE`."""
    faulthandler.enable()
    # What a library prints goes to standard error: the pipe is for replies alone.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    model, store = sys.argv[1:]
    serve(maker(model, Path(store)), sys.stdin, replies)
