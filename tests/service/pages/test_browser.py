"""The pages in a real browser: Debian's Chromium, against a real server."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import uvicorn

from index.encoders.hashing import HashingEncoder
from service.app import create_app
from service.library import Library
from tests.service.pages.conftest import LEAFLET, STEPS, index

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: no browser tests"
)
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_BLADDER = "A full bladder can bring on a spasm."
_LONG = "\n\n".join(f"Paragraph {number} keeps the others apart." for number in range(150))

_OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
# Whether an element lies within the window, and what colour it lies on.
_IN_VIEW = """element => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= window.innerHeight;
}"""
_COLOURS = """element => {
    const style = getComputedStyle(element);
    return [style.backgroundColor, style.color, style.outlineStyle];
}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a service that holds three leaflets; yield its address."""
    folder = tmp_path_factory.mktemp("documents")
    home = tmp_path_factory.mktemp("home")
    (folder / "spasms.md").write_text(f"{LEAFLET}\n\n{_LONG}\n", "utf-8")
    (folder / "late.md").write_text(
        f"# Late\n\n{_LONG}\n\nWarm compresses soothe calves. It is said at the end.\n\n"
        "| Pillow | Purpose |\n| - | - |\n| Wedge | Raises elbows overnight |\n\n" + _LONG,
        "utf-8",
    )
    (folder / "steps.txt").write_text(STEPS, "utf-8")
    index(home, folder)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(Library(home, HashingEncoder()))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Run a browser."""
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield opened
        opened.close()


@contextmanager
def window(browser: "Browser", **options: object) -> Iterator["Page"]:
    """Open a window; options are those of Playwright's contexts."""
    context = browser.new_context(**options)  # type: ignore[arg-type] # typed one by one there
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_citation_leads_to_its_sentence(
    browser: "Browser",
    address: str,
    scripts: bool,  # noqa: FBT001 - one of two cases
) -> None:
    """From the question to the highlighted sentence in view, with JavaScript and without it."""
    with window(browser, java_script_enabled=scripts) as page:
        page.goto(address)
        page.get_by_label("Your question").fill("Do warm compresses soothe calves?")
        page.get_by_role("button", name="Search").click()
        assert page.locator("blockquote").first.inner_text() == "Warm compresses soothe calves."
        page.get_by_role("link", name="Read it in the document").first.click()
        page.wait_for_url("**/documents/late-*")
        target = page.locator(":target")
        assert target.text_content() == "Warm compresses soothe calves."
        if scripts:
            page.wait_for_timeout(300)
            assert target.evaluate(_IN_VIEW)
            ground, ink, outline = target.evaluate(_COLOURS)
            assert ground != page.locator("p").first.evaluate(_COLOURS)[0]
            assert ink != ground
            assert outline == "solid"


def test_a_citation_leads_to_its_row(browser: "Browser", address: str) -> None:
    """A table's row is found by its id where its text runs through several cells."""
    with window(browser) as page:
        page.goto(f"{address}/search?q=Which wedge raises elbows overnight?")
        assert "Wedge | Raises" in page.locator("blockquote").first.inner_text()
        page.get_by_role("link", name="Read it in the document").first.click()
        page.wait_for_url("**/documents/late-*")
        page.wait_for_timeout(300)
        target = page.locator("tr:target")
        assert target.text_content() == "Wedge | Raises elbows overnight"
        assert target.evaluate(_IN_VIEW)


def test_the_keyboard_is_enough(browser: "Browser", address: str) -> None:
    """Tab and Enter alone lead from the first page to the cited sentence, focus always seen."""
    with window(browser) as page:
        page.goto(address)
        focused = page.locator(":focus")

        def tab_to(selector: str) -> None:
            for _ in range(30):
                page.keyboard.press("Tab")
                assert focused.evaluate(_IN_VIEW)
                assert focused.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
                if focused.evaluate("(one, selector) => one.matches(selector)", selector):
                    return
            pytest.fail(f"no Tab leads to {selector}")

        page.keyboard.press("Tab")
        assert focused.inner_text() == "Skip to main content"
        tab_to("#q")
        page.keyboard.type("What can a full bladder bring on?")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?*")
        tab_to("summary")
        page.keyboard.press("Enter")
        page.goto(page.url)
        tab_to("a.read")
        page.keyboard.press("Enter")
        page.wait_for_url("**/documents/*")
        assert page.locator(":target").text_content() == _BLADDER


@pytest.mark.parametrize(
    "path", ["/", "/search?q=spasm", "/search?q=", "/search?q=" + "w" * 900, "/documents/", "/no"]
)
def test_a_narrow_window_scrolls_one_way(browser: "Browser", address: str, path: str) -> None:
    """At 320 px, which is 1280 px at 400 %, nothing is to be scrolled sideways."""
    with window(browser, viewport={"width": 320, "height": 640}) as page:
        if path == "/documents/":
            page.goto(f"{address}/search?q=spasm")
            path = str(page.locator("a.read").first.get_attribute("href"))
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.evaluate("document.scrollingElement.scrollLeft") == 0


@pytest.mark.parametrize("path", ["/", "/search?q=spasm", "/search?q=", "/search?q=zebra quagga"])
@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough(browser: "Browser", address: str, path: str, width: int) -> None:
    """What is clicked is at least 24 px high and wide (WCAG 2.5.8)."""
    with window(browser, viewport={"width": width, "height": 800}) as page:
        page.goto(address + path)
        page.evaluate(_OPEN_ALL)
        for one in page.locator("a:not(.skip), button, input, summary").all():
            box = one.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 24, one.inner_text()


def test_a_dark_scheme_is_dark(browser: "Browser", address: str) -> None:
    """Where the system asks for dark pages they are dark, and the highlight still stands out."""
    grounds = {}
    for scheme in ("light", "dark"):
        with window(browser, color_scheme=scheme) as page:
            page.goto(f"{address}/search?q=full bladder")
            page.locator("a.read").first.click()
            page.wait_for_url("**/documents/*")
            ground = page.locator("html").evaluate(_COLOURS)[0]
            assert page.locator(":target").evaluate(_COLOURS)[0] != ground
            grounds[scheme] = ground
    assert _light(grounds["dark"]) < 100
    assert _light(grounds["light"]) > 600


def test_nothing_is_asked_of_another_host(browser: "Browser", address: str) -> None:
    """A browser loads every page from this service alone, and its policy is never broken."""
    with window(browser) as page:
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        page.goto(f"{address}/search?q=spasm")
        page.locator("a.read").first.click()
        page.wait_for_url("**/documents/*")
        assert len(asked) > 4
        assert all(one.startswith(address) for one in asked)
        assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    ["/", "/search?q=spasm", "/search?q=zebra quagga", "/search?q=", "/documents/", "/no"],
)
def test_axe_finds_nothing(browser: "Browser", address: str, path: str, scheme: str) -> None:
    """axe-core finds no violation on any page, in the light scheme or the dark one."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed: axe is not run",
    )
    with window(browser, color_scheme=scheme) as page:
        page.goto(f"{address}/search?q=spasm" if path == "/documents/" else address + path)
        if path == "/documents/":
            page.locator("a.read").first.click()
            page.wait_for_url("**/documents/*")
        page.evaluate(_OPEN_ALL)
        results = axe.Axe().run(page)
        assert results.violations_count == 0, results.generate_report()


def _light(colour: str) -> int:
    """Return the sum of a colour's parts, from "rgb(19, 25, 28)"."""
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
