"""The administrator's pages in a real browser: Debian's Chromium, with scripts and without."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index.collection import Collection
from service.app import create_app
from service.sites import Site
from service.unanswered import KeptQuestions
from tests.building import index, indexed, library, makers, write
from tests.service.pages.chromium import press, served, window
from tests.service.test_unanswered import ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload, Page

BASE = "/admin/collections/default"
DOCUMENTS = {
    "managing-spasticity-in-multiple-sclerosis-a-guide-for-patients-and-carers-v12-final.txt": (
        "Managing spasticity\n\nNext review due: 1 March 2024\n\nSpasms last 60 seconds.\n"
    ),
    "<b>bold<b>.txt": "Wa<b>lking</b>\n\nUse the stick that you were given.\n",
    "empty.txt": "",
}
NARROW = {"width": 320, "height": 640}
"""CSS pixels; so wide is a window of 1280 at 400 % as well."""


@contextmanager
def serving(
    home: Path, kept: KeptQuestions | None = None, site: Site | None = None
) -> Iterator[str]:
    """Run a service over `home`; yield its address."""
    app = create_app(library(home), makers(), kept=kept, site=site)
    with served(app) as at:
        yield at


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a service with two builds, an overdue document, a skipped file, and kept questions."""
    folder = tmp_path_factory.mktemp("administered")
    home = folder / "home"
    index(home, write(folder / "source", DOCUMENTS))
    index(home, write(folder / "source", {"splints.txt": "Splints\n\nA splint holds the ankle.\n"}))
    kept = KeptQuestions(home, 3, lambda text: text, lambda: datetime(2026, 11, 29, tzinfo=UTC))
    ask(kept, [f"192.0.2.{number}" for number in range(4)], "can i park at the clinic?")
    ask(kept, [f"192.0.2.{number}" for number in range(3)], "<b>who</b> pays for my splint")
    with serving(home, kept) as served:
        yield served


def check_now(page: "Page", address: str) -> None:
    """Press the button of a collection's page, and look until the check has ended."""
    page.goto(f"{address}{BASE}")
    press(page, page.get_by_role("button", name="Check now"))
    deadline = time.monotonic() + 60
    while page.get_by_role("link", name="Look again").count():
        assert time.monotonic() < deadline
        press(page, page.get_by_role("link", name="Look again"))


def every_page(page: "Page", address: str) -> Iterator[str]:
    """Go to each of the administrator's pages; yield its name when it is shown."""
    page.goto(f"{address}/admin")
    yield "front"
    page.goto(f"{address}{BASE}")
    yield "collection"
    press(page, page.get_by_role("button", name=re.compile("^Go back")).first)
    yield "going back"
    page.goto(f"{address}{BASE}")
    press(page, page.get_by_role("button", name=re.compile("^Remove.*managing")))
    yield "removing"
    page.goto(f"{address}{BASE}/prune?keep=1")
    yield "pruning"
    page.goto(f"{address}/admin")
    files: list[FilePayload] = [
        {"name": "<b>x<b>.txt", "mimeType": "text/plain", "buffer": b"Rest.\n"},
        {"name": "scan.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
    ]
    page.get_by_label("Files").set_input_files(files)
    press(page, page.get_by_role("button", name="Upload"))
    yield "outcome"
    check_now(page, address)
    yield "check"
    page.goto(f"{address}/admin/collections/nothing")
    yield "not there"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(browser: "Browser", address: str, scheme: str) -> None:
    """axe-core finds no violation, in the light scheme or the dark one, wide or narrow."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed: axe is not run",
    )
    for viewport in ({"width": 1280, "height": 800}, NARROW):
        with window(browser, color_scheme=scheme, viewport=viewport) as page:
            for name in every_page(page, address):
                results = axe.Axe().run(page)
                assert results.violations_count == 0, (name, results.generate_report())


@pytest.mark.parametrize("options", [{}, {"device_scale_factor": 4}], ids=["320 px", "400 %"])
def test_every_page_fits_a_narrow_window(
    browser: "Browser", address: str, options: dict[str, object]
) -> None:
    """Nothing is cut off or scrolls sideways, and whatever is pressed is large enough."""
    with window(browser, viewport=NARROW, **options) as page:
        for name in every_page(page, address):
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
            small = page.evaluate(
                "[...document.querySelectorAll('main button, main input:not([type=hidden]), "
                "main li a, main .line a')].map(one => one.getBoundingClientRect())"
                ".filter(box => box.height < 24 || box.width < 24).length"
            )
            assert small == 0, name


def test_the_keyboard_is_enough(browser: "Browser", address: str) -> None:
    """Tab and Enter alone lead to a check and to what it found, focus always seen."""
    with window(browser, viewport={"width": 1000, "height": 700}) as page:
        page.goto(f"{address}/admin")
        focused = page.locator(":focus")

        def tab_to(name: str) -> None:
            for _ in range(60):
                page.keyboard.press("Tab")
                assert focused.evaluate(
                    "one => { const box = one.getBoundingClientRect();"
                    " return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight; }"
                )
                assert focused.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
                if focused.inner_text() == name:
                    return
            pytest.fail(f"no Tab leads to {name}")

        page.keyboard.press("Tab")
        assert focused.inner_text() == "Skip to main content"
        tab_to("default")
        page.keyboard.press("Enter")
        page.wait_for_url("**/collections/default")
        tab_to("Check now")
        page.keyboard.press("Enter")
        page.wait_for_url("**/check")
        deadline = time.monotonic() + 60
        while page.get_by_role("link", name="Look again").count():
            assert time.monotonic() < deadline
            tab_to("Look again")
            with page.expect_navigation():
                page.keyboard.press("Enter")
        assert "Everything is as it should be." in page.locator("main").inner_text()


def test_upload_remove_and_go_back_without_scripts(tmp_path: Path, browser: "Browser") -> None:
    """Each form is sent by the browser as the guard wants it, and says what came of it."""
    indexed(tmp_path / "home")
    file = tmp_path / "visits.txt"
    file.write_text("Visiting hours end at eight.\n", "utf-8")
    with serving(tmp_path / "home") as at, window(browser, java_script_enabled=False) as page:
        page.goto(f"{at}/admin")
        page.get_by_label("Files").set_input_files(file)
        page.get_by_role("button", name="Upload").click()
        assert "Added" in page.locator("main").inner_text()
        page.get_by_role("link", name="To the collection default").click()
        page.get_by_role("button", name=re.compile("^Remove.*visits")).click()
        page.get_by_role("button", name="Remove", exact=True).click()
        assert "no longer found" in page.locator("main").inner_text()
        page.goto(f"{at}{BASE}")
        page.get_by_role("button", name=re.compile("^Go back")).first.click()
        assert "1 document comes back" in page.locator("main").inner_text()
        page.get_by_role("button", name="Go back to this build").click()
        assert "answers now" in page.locator("main").inner_text()
        check_now(page, at)
        assert "Everything is as it should be." in page.locator("main").inner_text()
    assert len(Collection(tmp_path / "home", "default").builds()) == 3
