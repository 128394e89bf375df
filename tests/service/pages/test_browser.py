"""The pages in a real browser: Debian's Chromium, against a real server."""

import shutil
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from index.encoders.hashing import HashingEncoder
from service.app import create_app
from service.library import Library
from service.sites import Site
from service.urgent import Card
from tests.service.pages.chromium import served, window
from tests.service.pages.conftest import LEAFLET, STEPS, index

if TYPE_CHECKING:
    from playwright.sync_api import Browser

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: no browser tests"
)
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")

_BLADDER = "A full bladder can bring on a spasm."
_LONG = "\n\n".join(f"Paragraph {number} keeps the others apart." for number in range(150))

_OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true; })"
# Whether an element lies within the window, and what colour it lies on.
_IN_VIEW = """element => {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.top >= 0 && box.bottom <= window.innerHeight;
}"""
# Whether an element, or what is in it, is what a person sees where it is.
_ON_TOP = """element => {
    const box = element.getClientRects()[0];
    const x = Math.min(Math.max(box.left + 3, 0), window.innerWidth - 1);
    const y = Math.min(Math.max(box.top + 3, 0), window.innerHeight - 1);
    const seen = document.elementFromPoint(x, y);
    return seen !== null && (element.contains(seen) || seen.contains(element));
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
        "| Pillow | Purpose |\n| - | - |\n| Wedge | Raises elbows overnight |\n\n"
        f"{_LONG}\n\n## `<img src=x onerror=document.title=1>` zither\n\nZithers are plucked.\n",
        "utf-8",
    )
    (folder / "steps.txt").write_text(STEPS, "utf-8")
    index(home, folder)
    site = Site(
        cards=(Card(("chest pain",), "This may be an emergency", "Do not wait.", "0999 000"),),
        embed_origins=("http://127.0.0.1:*",),
        public_url="https://answers.example",
    )
    app = create_app(Library(home, HashingEncoder()), site=site)
    with served(app) as at:
        yield at


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
    "path",
    [
        *("/", "/search?q=spasm", "/search?q=", "/search?q=" + "w" * 900, "/documents/", "/no"),
        *("/search?q=chest pain", "/embed?q=spasm", "/feedback"),
    ],
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


@pytest.mark.parametrize(
    "path",
    ["/", "/search?q=spasm", "/search?q=", "/search?q=zebra quagga", "/search?q=chest pain"],
)
@pytest.mark.parametrize("width", [320, 1280])
def test_targets_are_large_enough(browser: "Browser", address: str, path: str, width: int) -> None:
    """What is clicked is at least 24 px high and wide (WCAG 2.5.8)."""
    with window(browser, viewport={"width": width, "height": 800}) as page:
        page.goto(address + path)
        page.evaluate(_OPEN_ALL)
        for one in page.locator("a:not(.skip), button, input:not([type=hidden]), summary").all():
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


def test_suggestions_by_the_keyboard_alone(browser: "Browser", address: str) -> None:
    """The arrow keys choose, Escape brings back what was typed, Enter searches what is chosen."""
    with window(browser) as page:
        page.goto(address)
        box = page.get_by_role("combobox", name="Your question")
        assert box.get_attribute("aria-expanded") == "false"
        page.keyboard.press("Tab")
        while page.locator(":focus").get_attribute("id") != "q":
            page.keyboard.press("Tab")
        page.keyboard.type("living wi", delay=20)
        options = page.get_by_role("option")
        options.first.wait_for()
        assert box.get_attribute("aria-expanded") == "true"
        assert "Living with spasms" in options.all_inner_texts()
        said = page.locator(".box [role=status]").inner_text()
        assert said.startswith(str(options.count()))
        assert box.get_attribute("aria-activedescendant") is None
        page.keyboard.press("ArrowDown")
        chosen = page.locator("[role=option][aria-selected=true]")
        assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
        assert box.input_value() == "Living with spasms"
        page.keyboard.press("Escape")
        assert box.input_value() == "living wi"
        assert box.get_attribute("aria-expanded") == "false"
        assert page.locator("#q-suggestions").is_hidden()
        page.keyboard.press("ArrowDown")
        options.first.wait_for()
        page.keyboard.press("ArrowUp")  # round to the last
        last = options.last.inner_text()
        assert box.input_value() == last
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?*")
        assert page.get_by_role("heading", level=1).inner_text() == last


def test_suggestions_by_the_mouse(browser: "Browser", address: str) -> None:
    """A click on a suggestion searches for it; a click elsewhere closes the list."""
    with window(browser) as page:
        page.goto(address)
        page.locator("#q").press_sequentially("living wi")
        page.get_by_role("option").first.wait_for()
        page.get_by_role("heading", level=1).click()
        assert page.locator("#q-suggestions").is_hidden()
        page.locator("#q").fill("living with sp")
        page.get_by_role("option", name="Living with spasms").click()
        page.wait_for_url("**/search?q=Living+with+spasms")


def test_a_suggestion_is_text(browser: "Browser", address: str) -> None:
    """Markup in a heading is shown in the list as it is written, and does nothing."""
    with window(browser) as page:
        page.goto(address)
        page.locator("#q").press_sequentially("zith")
        page.get_by_role("option").first.wait_for()
        assert "<img src=x onerror=document.title=1> zither" in (
            page.get_by_role("option").all_inner_texts()
        )
        assert page.locator("[role=listbox] img").count() == 0
        assert page.title().startswith("Search the documents")


def test_an_open_list_has_no_fault_and_stays_still(browser: "Browser", address: str) -> None:
    """No violation is found while suggestions are shown, and nothing on the page has moved."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="axe-playwright-python is not installed: axe is not run",
    )
    for scheme in ("light", "dark"):
        with window(browser, color_scheme=scheme, viewport={"width": 320, "height": 640}) as page:
            page.goto(address)
            before = page.locator(".notice").bounding_box()
            page.locator("#q").press_sequentially("spas")
            page.get_by_role("option").first.wait_for()
            page.keyboard.press("ArrowDown")
            assert page.locator(".notice").bounding_box() == before
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            for one in page.get_by_role("option").all():
                size = one.bounding_box()
                assert size is not None
                assert size["height"] >= 24
            results = axe.Axe().run(page)
            assert results.violations_count == 0, results.generate_report()


def test_a_late_answer_is_not_shown(browser: "Browser", address: str) -> None:
    """An answer to what is no longer typed is dropped, however late it comes."""
    with window(browser) as page:
        held: list[Any] = []
        page.route("**/v1/suggest?q=li", partial(_hold, held))
        page.goto(address)
        with page.expect_request("**/v1/suggest?q=li"):
            page.locator("#q").press_sequentially("li")
        with page.expect_response("**/v1/suggest?q=warm"):
            page.locator("#q").fill("warm")
        page.wait_for_timeout(200)
        shown = page.get_by_role("option").all_inner_texts()
        assert all("warm" in one.casefold() for one in shown)
        assert "Living with spasms" not in shown


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_button_says_thank_you(
    browser: "Browser",
    address: str,
    scripts: bool,  # noqa: FBT001 - one of two cases
) -> None:
    """Whether it helped is said by one button, in place with JavaScript, on a page without it."""
    with window(browser, java_script_enabled=scripts) as page:
        page.goto(f"{address}/search?q=full bladder")
        page.get_by_role("button", name="Yes").click()
        if scripts:
            page.locator(".thanked").wait_for()
            assert "/search?" in page.url
            assert page.locator(":focus").inner_text().startswith("Thank you")
        else:
            page.wait_for_url("**/feedback")
            assert page.get_by_role("heading", level=1).inner_text() == "Thank you"


def test_a_listed_site_may_frame_the_box(browser: "Browser", address: str) -> None:
    """Inside another site's page the box answers; the search page itself is not shown there."""
    with window(browser) as page:
        outer = address.replace("127.0.0.1", "127.0.0.2")
        for inner, shown in (("/embed", True), ("/search?q=spasm", False)):
            body = f'<!doctype html><iframe title="Search" src="{address}{inner}"></iframe>'
            for origin, allowed in ((address, True), (outer, False)):
                framing = partial(_fulfil, body)
                page.route(f"{origin}/frame", framing)
                page.goto(f"{origin}/frame")
                page.wait_for_timeout(400)
                frame = page.frames[1]
                seen = frame.locator("#q").count() == 1
                assert seen == (shown and allowed), (inner, origin)
        page.goto(f"{address}/embed?q=spasm")
        with page.expect_popup() as popup:
            page.locator("a.read").first.click()
        popup.value.wait_for_url("**/documents/*")


def test_zoomed_four_times_nothing_is_hidden(browser: "Browser", address: str) -> None:
    """At 400 % (320 px of 1280) the focus is never under something else."""
    with window(browser, viewport={"width": 320, "height": 256}, device_scale_factor=4) as page:
        page.goto(f"{address}/search?q=full bladder")
        focused = page.locator(":focus")
        seen = 0
        page.keyboard.press("Tab")
        while focused.count():
            assert focused.evaluate(_ON_TOP), focused.inner_html()
            seen += 1
            page.keyboard.press("Tab")
        assert seen > 6


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/search?q=spasm", "/search?q=zebra quagga", "/search?q=", "/documents/", "/no"),
        *("/search?q=chest pain", "/embed", "/embed?q=spasm", "/feedback"),
    ],
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


def _hold(held: list[Any], route: Any) -> None:  # noqa: ANN401 - Playwright's own
    """Leave a browser's request unanswered."""
    held.append(route)


def _fulfil(body: str, route: Any) -> None:  # noqa: ANN401 - Playwright's own
    """Answer a browser's request with a page that no server has."""
    route.fulfill(body=body, content_type="text/html")


def _light(colour: str) -> int:
    """Return the sum of a colour's parts, from "rgb(19, 25, 28)"."""
    return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
