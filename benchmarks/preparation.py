"""What is made once and kept for the next run: documents, vectors, every system's whole index."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from benchmarks import documents
from benchmarks.plan import Plan, emptied
from benchmarks.process import Adapter, environment_python, filled, seconds_of
from benchmarks.systems import System


def prepare(plan: Plan, systems: Sequence[System], say: Callable[[str], None]) -> None:
    """Write the documents and index all of them in every system, where that is not done.

    Peers take the sentences' vectors from one file, encoded once; `pincite index` encodes its own.
    """
    for count in dict.fromkeys((plan.sentences, plan.index_sentences)):
        if not plan.texts(count).exists():
            part = emptied(plan.texts(count).with_suffix(".part"))
            documents.write(part, documents.sentences(count))
            part.rename(plan.texts(count))
    vectors = plan.texts(plan.sentences) / "vectors.npy"
    for system in systems:
        store = plan.store(system)
        if (store / "done").exists():
            continue
        if not system.index and not vectors.exists():
            say("encoding the sentences, once for all peers")
            _encode(plan, system, vectors)
        say(f"{system.name}: indexing {plan.sentences} sentences")
        index(plan, system, plan.sentences, emptied(store), vectors)
        (store / "done").touch()


def index(plan: Plan, system: System, count: int, store: Path, vectors: Path | None) -> float:
    """Index so many sentences into an empty folder; return the seconds from files to searchable.

    A peer's clock starts when its model is loaded; that of a command with the command.
    """
    texts = plan.texts(count)
    python = environment_python(plan.peers, system)
    with plan.log.open("ab") as log:
        if system.index:
            command = filled(system.index, bin=python.parent, corpus=texts / "corpus", store=store)
            return seconds_of(command, system.variables(python.parent), log)
        with Adapter(system, python, plan.model, store, log) as adapter:
            reply = adapter.do(
                "index",
                sentences=str(texts / "sentences.jsonl"),
                vectors=None if vectors is None else str(vectors),
            )
    return cast("float", reply["seconds"])


def _encode(plan: Plan, system: System, vectors: Path) -> None:
    python = environment_python(plan.peers, system)
    with plan.log.open("ab") as log:
        seconds_of(
            (
                *(python, "-m", "benchmarks.floor.vectors"),
                *(plan.model, vectors.with_name("sentences.jsonl"), vectors),
            ),
            system.variables(python.parent),
            log,
        )
