"""Files and marks of pages in a real browser: Debian's Chromium, against a real server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.collection import Collection
from index.update import index_documents, put
from service.app import create_app
from tests.building import library, makers
from tests.service.pages.chromium import served
from tests.service.pages.test_pages_of_paper import DATA, paged

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: no browser tests"
)
axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe is not installed: no browser tests"
)
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")

HOSTILE = b"""<title>Leaflet</title><p id="said">It is safe.</p>
<script>document.getElementById("said").textContent = "run"; document.title = "run";</script>
<img src="x" onerror="document.title = 'run'"><svg onload="document.title = 'run'"></svg>
<form action="/v1/answers"><button>Send</button></form>"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a service that holds a paged leaflet and a hostile page, with their files."""
    home: Path = tmp_path_factory.mktemp("home")
    collection = Collection(home, "default")
    leaflet = paged("application/pdf")
    index_documents(collection, [leaflet], makers())
    put(collection, leaflet, DATA, makers())
    client = create_app(library(home), makers())
    with served(client) as at:
        yield at


def test_an_uploaded_page_is_shown_and_runs_nothing(address: str) -> None:
    """No script, handler or form of it works, and its origin is not ours."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        upload = page.request.put(
            f"{address}/v1/documents/page", data=HOSTILE, headers={"content-type": "text/html"}
        )
        assert upload.status == 201, upload.text()
        page.goto(f"{address}/v1/documents/page/original")
        page.wait_for_timeout(300)
        assert page.title() == "Leaflet"
        assert page.locator("#said").inner_text() == "It is safe."
        assert page.evaluate("self.origin") == "null"
        page.get_by_role("button").click()
        page.wait_for_timeout(300)
        assert page.url == f"{address}/v1/documents/page/original"
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_of_pages_are_accessible(address: str, scheme: str) -> None:
    """Axe finds nothing; a mark can be seen and leads to the file at its page."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(color_scheme=scheme)
        page.goto(f"{address}/documents/leaflet#s2")
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        mark = page.get_by_role("link", name="Page p3 of the original file")
        assert mark.bounding_box()["width"] > 20
        assert mark.get_attribute("href") == "/v1/documents/leaflet/original#page=3"
        browser.close()
