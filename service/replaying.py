"""An old answer made again from the builds that it was made from, and compared letter by letter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.encoders.protocol import Encoder
from index.errors import CollectionError, RetrievalError
from index.ranking import DEFAULT, Options
from index.reranker import Reranker
from index.retriever import Retriever
from index.store import Store
from service import answering
from service.errors import RequestError
from service.library import Library
from service.schemas.answers import answer_body, search_body
from service.schemas.asking import AnswerRequest, check
from service.schemas.replaying import Saved
from service.version import VERSION

_OF_THE_MOMENT = frozenset({"request_id", "took_ms"})
_MOST_DIFFERENCES = 20
_SETTINGS = "PINCITE_RERANKER, PINCITE_RERANKED, PINCITE_CONTEXT and the collection's calibration"

Pinned = Mapping[str, str]
"""Collections and the build of each that is to answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the answer came out the same, and else why not, or where it differs.

    `answer` is the body that was made again, None where none could be; `compared` is whether there
    was an answer to compare with, and not its receipt alone.
    """

    reasons: tuple[str, ...]
    differences: tuple[str, ...] = ()
    answer: Mapping[str, Any] | None = None
    compared: bool = False

    @property
    def same(self) -> bool:
        """Whether nothing stood in the way and nothing differs."""
        return not self.reasons and not self.differences and self.answer is not None


class KeptBuilds(Library):
    """A library that answers from the builds it was given, whatever is published."""

    def __init__(
        self,
        home: Path,
        pinned: Pinned,
        encoder: Encoder,
        reranker: Reranker | None = None,
        options: Options = DEFAULT,
        *,
        store: Store | None = None,
    ) -> None:
        super().__init__(home, encoder, reranker, options, store=store)
        self._pinned = {
            name: self.opened(self.store.collection(name).build(build))
            for name, build in pinned.items()
        }

    def names(self) -> list[str]:
        """Return the collections that it was given, in their order."""
        return list(self._pinned)

    def retriever(self, name: str) -> Retriever:
        """Return the retriever of the build that a collection was given with."""
        return self._pinned[name]


def replay(
    store: Store, saved: Saved, question: str, open_library: Callable[[Pinned], Library]
) -> Outcome:
    """Make an answer again from its receipt and question; RequestError where these cannot be.

    `open_library` opens the builds with this machine's models and settings.
    """
    pinned = _pinned(store, saved)
    reasons = list(_against_builds(store, saved, pinned))
    if saved.receipt.version != VERSION:
        reasons.append(f"version: made by {saved.receipt.version}, this is {VERSION}")
    unbuilt = [name for name, build in pinned.items() if not _is_kept(store, name, build)]
    if unbuilt or not pinned:
        return Outcome(tuple(reasons) or ("build: the receipt names none",))
    try:
        library = open_library(pinned)
        body = _answered(library, saved, question)
    except RetrievalError as error:
        return Outcome((*reasons, str(error)))
    now = body["receipt"]
    if now["parameters_sha256"] != saved.receipt.parameters_sha256:
        reasons.append(_other_parameters(saved, now["asked"]))
    if saved.response is None:
        return Outcome(tuple(reasons), answer=body)
    then = {name: value for name, value in saved.response.items() if name not in _OF_THE_MOMENT}
    again = {name: value for name, value in body.items() if name not in _OF_THE_MOMENT}
    found = list(_differences(then, again))
    if len(found) > _MOST_DIFFERENCES:
        rest = len(found) - _MOST_DIFFERENCES
        found[_MOST_DIFFERENCES:] = [f"and {rest} more"]
    return Outcome(tuple(reasons), tuple(found), body, compared=True)


def _pinned(store: Store, saved: Saved) -> dict[str, str]:
    builds = [build for build in saved.receipt.build.split(",") if build]
    if saved.receipt.asked is not None:
        names: Sequence[str] = saved.receipt.asked.collections
    else:  # a receipt of a version that did not say
        names = [_collection_of(store, build) for build in builds]
    if len(names) != len(builds) or len(set(names)) != len(names):
        raise RequestError("receipt: it does not name one build for each collection")
    return dict(zip(names, builds, strict=True))


def _collection_of(store: Store, build: str) -> str:
    for held in store.collections():
        if build in held.builds():
            return held.name
    raise RequestError(
        "receipt: no collection keeps the build that it names; it was pruned, or --home is another"
    )


def _is_kept(store: Store, name: str, build: str) -> bool:
    try:
        store.collection(name).build(build)
    except CollectionError:
        return False
    return True


def _against_builds(store: Store, saved: Saved, pinned: Pinned) -> Iterator[str]:
    """Yield each way in which what is kept is not what answered."""
    hashes = saved.receipt.index_sha256.split(",")
    for at, (name, build) in enumerate(pinned.items()):
        if not _is_kept(store, name, build):
            yield f"build: {build} of the collection {name!r} is not kept; it was pruned or erased"
            continue
        try:
            found = store.collection(name).build(build).manifest().sha256()
        except RetrievalError as error:
            yield f"index: {error}"
            continue
        if found != (hashes[at] if at < len(hashes) else None):
            yield f"index: {build} of the collection {name!r} is not the index that answered"


def _answered(library: Library, saved: Saved, question: str) -> dict[str, Any]:
    asked = saved.parameters() | {"question": question, "collections": library.names()}
    request = check(AnswerRequest, asked)
    then = saved.response or {}
    given = then.get("citations")
    explain = isinstance(given, list) and any(
        isinstance(one, Mapping) and one.get("scores") is not None for one in given
    )
    day = saved.receipt.asked.day if saved.receipt.asked else None
    if saved.response is None or "status" in saved.response:
        found = answering.answer(library, request.to_question(), today=day)
        return answer_body(found, explain=explain, request_id="", took_ms=0.0).model_dump(
            mode="json"
        )
    searched = answering.search(library, request.to_question(), today=day)
    return search_body(searched, explain=explain, request_id="", took_ms=0.0).model_dump(
        mode="json"
    )


def _other_parameters(saved: Saved, now: Mapping[str, Any]) -> str:
    if saved.receipt.asked is None and saved.request is None:
        return (
            "parameters: the request was another than the default one, or the settings were; save "
            'it beside the answer as {"request": …, "response": …}'
        )
    then = saved.receipt.asked.model_dump(mode="json") if saved.receipt.asked else {}
    others = [name for name in then if then[name] != now.get(name)]
    if others:
        return f"parameters: the request is another than the receipt's in {', '.join(others)}"
    return f"parameters: the settings are others than then; they are {_SETTINGS}"


def _differences(then: object, now: object, where: str = "") -> Iterator[str]:
    """Yield a pointer to each value that is not the same, with what it was and is."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for name in sorted({*then, *now}):
            if name not in now:
                yield f"{where}/{name}: no longer given"
            elif name not in then:
                yield f"{where}/{name}: was not given"
            else:
                yield from _differences(then[name], now[name], f"{where}/{name}")
    elif isinstance(then, list) and isinstance(now, list):
        if len(then) != len(now):
            yield f"{where}: {len(then)} then, {len(now)} now"
        for at, (one, other) in enumerate(zip(then, now, strict=False)):
            yield from _differences(one, other, f"{where}/{at}")
    elif (type(then), then) != (type(now), now):
        yield f"{where}: {then!r} then, {now!r} now"
