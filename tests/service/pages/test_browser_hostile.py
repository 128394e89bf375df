"""Markup from wherever it may come, in a real browser: Debian's Chromium."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from service.pages.words import ENGLISH, Words
from service.sites import Site
from service.unanswered import KeptQuestions
from service.urgent import Card
from tests.building import index, write
from tests.service.adapters.conftest import calibrate
from tests.service.pages.chromium import press, window
from tests.service.pages.test_browser_administration import serving
from tests.service.test_unanswered import ask

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

MARKUP = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>&lt;b&gt;"
IN_A_NAME = MARKUP.replace("/", "")
RUN = "document.querySelectorAll('img[src=x], script:not([src]), [onerror]').length"
"""How many elements the markup has become."""


def words() -> Words:
    """Return words of which each plain one has the markup in it."""
    plain = {
        one.name: f"{text} {MARKUP}"
        for one in fields(Words)
        if isinstance(text := getattr(ENGLISH, one.name), str)
        and one.name not in {"lang", "direction"}
    }
    return replace(ENGLISH, **plain)  # type: ignore[arg-type] # each of them is text


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a service whose documents, names, words, card and kept questions are full of markup."""
    folder = tmp_path_factory.mktemp("hostile")
    home = folder / "home"
    escaped = MARKUP.replace("<", "\\<")
    texts = {
        f"{IN_A_NAME}.txt": f"Spasms {MARKUP}\n\nA full bladder can bring on a spasm {MARKUP}.\n",
        "leaflet.md": f"# Title {escaped}\n\n## Part {escaped}\n\nTight shoes hurt {escaped}.\n",
        f"{IN_A_NAME}2.txt": "",
    }
    index(home, write(folder / "source", texts))
    calibrate(home, "default")
    kept = KeptQuestions(home, 3, lambda text: text, lambda: datetime(2026, 11, 29, tzinfo=UTC))
    ask(kept, [f"192.0.2.{number}" for number in range(4)], f"can i park {MARKUP}")
    card = Card(("spasm",), f"Call {MARKUP}", f"Do not wait {MARKUP}", "0999 000")
    site = Site(name=f"Clinic {MARKUP}", words=words(), cards=(card,))
    with serving(home, kept, site) as served:
        yield served


def shown(page: "Page", address: str) -> Iterator[str]:
    """Go to each page that shows what somebody else wrote; yield its name."""
    asked = quote(f"does a spasm hurt {MARKUP}")
    for path in ("/", f"/search?q={asked}", f"/search?q={quote(MARKUP)}", "/feedback", "/none"):
        page.goto(f"{address}{path}")
        yield path
    page.goto(f"{address}/search?q={asked}")
    links = [one.get_attribute("href") for one in page.locator("main a[href^='/documents/']").all()]
    assert links
    for link in links:
        page.goto(f"{address}{link}")
        yield f"{link}"
    for path in ("/admin", "/admin/collections/default", "/admin/collections/default/prune?keep=1"):
        page.goto(f"{address}{path}")
        yield path
    page.goto(f"{address}/admin/collections/default")
    press(page, page.locator("form[action$='/remove'] button").first)
    yield "removing"


def test_markup_is_text_wherever_it_comes_from(browser: "Browser", address: str) -> None:
    """In documents, titles, headings, names of files, questions, words, a site's name and card.

    No element comes of it, no script is run, and none is even stopped by the policy for scripts.
    """
    with window(browser) as page:
        said: list[str] = []

        def dismiss(dialog: "Dialog") -> None:
            said.append("a dialog")
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.on("console", lambda message: said.append(message.text))
        seen = 0
        for name in shown(page, address):
            assert page.evaluate(RUN) == 0, name
            seen += "<img src=x onerror=alert(1)>" in page.locator("body").inner_text()
        assert seen >= 6
    assert [one for one in said if "404" not in one] == []
