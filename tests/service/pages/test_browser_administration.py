"""The administrator's pages in a real browser without JavaScript: Debian's Chromium."""

import re
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
import uvicorn

from service.app import create_app
from tests.building import indexed, library, makers

playwright = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: no browser tests"
)
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the PATH")


def test_upload_remove_and_go_back_without_scripts(tmp_path: Path) -> None:
    """Each form is sent by the browser as the guard wants it, and says what came of it."""
    indexed(tmp_path / "home")
    file = tmp_path / "visits.txt"
    file.write_text("Visiting hours end at eight.\n", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        app = create_app(library(tmp_path / "home"), makers())
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with playwright.sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(java_script_enabled=False)
            page.goto(f"{address}/admin")
            page.get_by_label("Files").set_input_files(file)
            page.get_by_role("button", name="Upload").click()
            assert "Added" in page.locator("main").inner_text()
            page.get_by_role("link", name="To the collection default").click()
            page.get_by_role("button", name=re.compile("^Remove.*visits")).click()
            page.get_by_role("button", name="Remove", exact=True).click()
            assert "no longer found" in page.locator("main").inner_text()
            page.goto(f"{address}/admin/collections/default")
            page.get_by_role("button", name=re.compile("^Go back")).first.click()
            assert "1 document comes back" in page.locator("main").inner_text()
            page.get_by_role("button", name="Go back to this build").click()
            assert "answers now" in page.locator("main").inner_text()
            browser.close()
        server.should_exit = True
        thread.join(30)
