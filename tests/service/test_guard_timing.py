"""What a key was not granted is not to be told by time from what there is not."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from statistics import quantiles
from typing import Any

import pytest

from service.errors import NotFoundError
from tests.building import library
from tests.service.keyed import DOCUMENTS, House, asked, bearer, house, learn, routes
from tests.service.test_guard_matrix import app_of, needed

PAIRS = 31


@dataclass(frozen=True, slots=True)
class Compared:
    """Two kinds of call timed in pairs, one right after the other."""

    there: list[float]
    nowhere: list[float]

    @property
    def differ(self) -> bool:
        """Whether the lower quartiles differ by an eighth, and most pairs in the same direction.

        What else a machine does only ever adds time, so the quicker calls tell the most. Pairs that
        are alike go either way like a coin: 22 of 31 or more go one way once in 34 times.
        """
        slower = sum(one > other for one, other in zip(self.there, self.nowhere, strict=True))
        one_way = max(slower, len(self.there) - slower) / len(self.there)
        ratio = quantiles(self.there)[0] / quantiles(self.nowhere)[0]
        return one_way > 0.7 and not 8 / 9 < ratio < 9 / 8


def told_apart(there: Callable[[], Any], nowhere: Callable[[], Any]) -> bool:
    """Tell whether two calls differ three times running: a leak does, an accident does not."""
    return all(compared(there, nowhere).differ for _ in range(3))


def compared(there: Callable[[], Any], nowhere: Callable[[], Any]) -> Compared:
    """Time two calls in turn, each as often first as second."""
    found: tuple[list[float], list[float]] = ([], [])
    calls = (there, nowhere)
    for turn in range(PAIRS):
        for which in (turn % 2, 1 - turn % 2):
            began = time.perf_counter()
            calls[which]()
            found[which].append(time.perf_counter() - began)
    return Compared(*found)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Return a service of two collections, `default` and `secret`."""
    found = house(tmp_path_factory.mktemp("timing") / "home")
    learn(found)
    with found.client:
        yield found


def test_no_route_tells_by_time_what_was_not_granted(closed: House) -> None:
    """Of every route, `secret` and its document take as long as a name that nobody uses."""
    headers = bearer(closed.key(collections=["default"]))
    leaks = []
    for method, path in routes(app_of(closed)):
        if method == "HEAD" or not needed(method, path):
            continue

        def call(collection: str, method: str = method, path: str = path) -> Any:  # noqa: ANN401
            return asked(closed.client, method, path, collection, headers)

        call("secret")
        if told_apart(partial(call, "secret"), partial(call, "nothing")):
            leaks.append((method, path))
    assert leaks == []


@pytest.mark.parametrize(
    ("path", "there", "nowhere"),
    [
        ("/v1/suggest?q={}", "the zanzib", "the qanzib"),
        ("/search?q={}", "zanzibar7q", "qanzibar7q"),
        ("/v1/documents/{}", "DOCUMENT", "no-such-document"),
        ("/v1/documents/{}/original", "DOCUMENT", "no-such-document"),
        ("/documents/{}", "DOCUMENT", "no-such-document"),
    ],
)
def test_no_word_or_document_is_told_by_time(
    closed: House, path: str, there: str, nowhere: str
) -> None:
    """Without naming a collection: completions, searches and documents of what was not granted."""
    headers = bearer(closed.key(collections=["default"]))
    there = there.replace("DOCUMENT", DOCUMENTS["secret"])

    def call(word: str) -> Any:  # noqa: ANN401 - a response
        return closed.client.get(path.format(word), headers=headers)

    assert call(there).status_code == call(nowhere).status_code
    assert not told_apart(partial(call, there), partial(call, nowhere))


def test_a_build_is_not_told_by_time(closed: House) -> None:
    """Neither activating nor fetching tells a build of `secret` from one that never was."""
    headers = bearer(closed.key(collections=["default"]))
    build = library(closed.home).retriever("secret").manifest.build
    never = build[:-1] + ("0" if build[-1] != "0" else "1")

    def call(one: str) -> Any:  # noqa: ANN401 - a response
        return closed.client.post(f"/v1/builds/{one}/activate", headers=headers)

    assert call(build).status_code == call(never).status_code == 404
    assert not told_apart(partial(call, build), partial(call, never))


def test_the_library_refuses_what_was_not_granted_before_it_looks_for_it(closed: House) -> None:
    """Beneath the routes, where nothing hides it: the same, to microseconds."""
    granted = library(closed.home).granted(lambda name: name == "default")

    def call(name: str) -> None:
        for _ in range(50):
            with pytest.raises(NotFoundError):
                granted.retriever(name)

    assert not told_apart(partial(call, "secret"), partial(call, "nobody"))


def test_what_differs_is_told_apart(closed: House) -> None:
    """The measure is no blind one: with a grant, a collection that is there takes longer."""
    headers = bearer(closed.key())

    def call(collection: str) -> Any:  # noqa: ANN401 - a response
        return asked(closed.client, "POST", "/v1/answers", collection, headers)

    pair = partial(call, "secret"), partial(call, "nothing")
    assert any(compared(*pair).differ for _ in range(5))
