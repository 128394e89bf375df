"""Debian's Chromium, and a real server for it to look at."""

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PATH = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(30)


@contextmanager
def window(browser: "Browser", **options: object) -> Iterator["Page"]:
    """Open a window; options are those of Playwright's contexts."""
    context = browser.new_context(**options)  # type: ignore[arg-type] # typed one by one there
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def press(page: "Page", what: "Locator") -> None:
    """Click what leads to another page, and wait until that is there."""
    with page.expect_navigation():
        what.click()
