import http.client
import socket
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.building import write
from tests.processes import Served, serving

CANARY = b"zanzibar7q"
ROUTES = st.sampled_from(
    [b"/v1/answers", b"/v1/search", b"/v1/verify", b"/v1/documents/a", b"/search?q=" + CANARY, b"/"]
)
METHODS = st.sampled_from([b"GET", b"POST", b"PUT", b"DELETE", b"HEAD", b"OPTIONS", b"BREW"])
NAMES = st.sampled_from(
    [b"Content-Type", b"Content-Length", b"Transfer-Encoding", b"Host", b"Range", b"Accept"]
) | st.sampled_from(
    [b"X-Request-Id", b"Forwarded", b"Origin", b"If-None-Match", b"Authorization", b"Cookie"]
)
VALUES = st.sampled_from(
    [b"application/json", b"chunked", b"-1", b"9" * 30, b"bytes=9-1", b"[::1", b"text/html", b"*/*"]
) | st.binary(max_size=60)
HEADERS = st.lists(st.tuples(NAMES | st.binary(max_size=20), VALUES), max_size=6)
BODIES = st.just(b'{"question": "' + CANARY + b'"}') | st.binary(max_size=200)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Run a server over two small leaflets, logging all it can."""
    folder = tmp_path_factory.mktemp("garbage")
    source = write(folder / "source")
    with serving(folder / "home", source, PINCITE_LOG_LEVEL="debug") as running:
        yield running


def status_of(served: Served, data: bytes, patience: float) -> int | None:
    """Send bytes; return the status, None where the server hung up or still waits for more."""
    address = urlsplit(served.url)
    with socket.create_connection((str(address.hostname), int(address.port or 0)), 20) as sent:
        sent.settimeout(patience)
        try:
            sent.sendall(data)
            response = http.client.HTTPResponse(sent)
            response.begin()
        except (http.client.HTTPException, OSError):
            return None
        return response.status


def test_no_headers_and_no_body_bring_it_down(served: Served) -> None:
    """Whatever stands in a request, it is answered or cut off, never with a 500."""
    statuses: Counter[int | None] = Counter()

    @settings(max_examples=100, database=None)
    @given(METHODS, ROUTES, HEADERS, BODIES)
    @example(b"GET", b"/", [], b"")
    @example(b"GET", b"/v1/documents/a", [], b"")
    @example(b"POST", b"/v1/answers", [(b"Content-Type", b"application/json")], b"{}")
    def hold(method: bytes, route: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        length = b"Content-Length: %d\r\n" % len(body)
        head = method + b" " + route + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + length
        status = status_of(served, head + lines + b"\r\n" + body, patience=1)
        statuses[status] += 1
        assert status is None or 200 <= status < 500

    hold()
    assert statuses[None] < statuses.total() / 2
    assert len(statuses) > 3


def test_after_all_that_it_serves_and_has_logged_no_word(served: Served) -> None:
    """The next is answered; the log has neither a traceback nor a word of what was sent."""
    for body in (b'{"question": "' + CANARY + b'"', b'{"question": "' + CANARY + b'"}'):
        head = b"POST /v1/answers HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        sent = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        assert status_of(served, sent, patience=20) in {200, 422}
    assert httpx2.get(f"{served.url}/readyz").status_code == 200
    log = served.log("POST /v1/answers 200")
    assert "Traceback" not in log
    assert CANARY.decode() not in log
