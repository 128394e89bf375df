from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser, LexborNode

from index.catalog import Catalog
from index.collection import Collection
from index.encoders.hashing import HashingEncoder
from index.update import Makers, update
from service import answering
from service.app import create_app
from service.confidence import Level, Scale
from service.library import Library
from tests.service.pages import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Search = Callable[..., TestClient]

LEAFLET = """\
# Living with spasms

Some words come before the first section. A second sentence follows them.

## What brings them on?

- A full bladder can bring on a spasm.
- Tight shoes can bring on a spasm.

| Medicine | How long | Side effects |
| --- | --- | --- |
| Baclofen |  | Drowsiness |
| Tizanidine | 3 to 6 hours | Dry mouth |

#### Getting help

Ring the advice line.\\
It is open on weekdays.

```
dose = 5 mg
  or 10 mg
```
"""

STEPS = """\
Stretching at home

Stretch when you are warm, for instance after a bath, and stop at once if it hurts you
more than a little. \U0001f642 Cafe\u0301 chairs are too low.

1. Lie on your back.
2. Bend your left knee.
b) Hold it for 30 seconds.

----------

Tight shoes can bring on a spasm.
"""


def _quiet(what: str, done: int, total: int) -> None:
    """Show no progress."""


def index(home: Path, folder: Path) -> None:
    """Index a folder into the default collection of a home."""
    makers = Makers(
        encoder=HashingEncoder,
        engine="exact:",
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        progress=_quiet,
    )
    update(Collection(home, "default"), [folder], makers)


def catalog(client: TestClient) -> Catalog:
    """Return the catalog that a client's service answers from."""
    app = client.app
    assert isinstance(app, FastAPI)
    library: Library = app.state.library
    return library.retriever("default").catalog


def first(found: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    """Return the first element that a selector finds; it must find one."""
    node = found.css_first(selector)
    assert node is not None, selector
    return node


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Run a browser."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: no browser tests"
    )
    if chromium.PATH is None:
        pytest.skip("there is no chromium on the PATH")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium.PATH, args=chromium.ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def search(tmp_path: Path) -> Search:
    """Return a function from files to a client of the service that has indexed them."""

    def made(**files: str) -> TestClient:
        home, folder = tmp_path / "home", tmp_path / "documents"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
        if files:
            index(home, folder)
        return TestClient(
            create_app(Library(home, HashingEncoder())),
            headers={"accept": "text/html"},
            raise_server_exceptions=False,
        )

    return made


@pytest.fixture
def leaflets(search: Search) -> TestClient:
    """Return a client of a service that holds two leaflets with a sentence in common."""
    return search(**{"spasms.md": LEAFLET, "steps.txt": STEPS})


@pytest.fixture
def every_score_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes every score fall into one bucket, or into none."""
    scales = {
        "high": Scale((Level("high", 0.0, 94, 100),), 9, 10, "these tests"),
        "low": Scale((Level("low", 0.0, 60, 100),), 9, 10, "these tests"),
        "none": Scale((Level("low", 1.1, 60, 100),), 9, 10, "these tests"),
    }

    def scored(bucket: str) -> None:
        monkeypatch.setattr(answering, "answer", partial(answering.answer, scale=scales[bucket]))

    return scored
