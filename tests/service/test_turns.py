"""Who waits, for how long, and who may not come at all: of real serving processes."""

import http.client
import signal
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.building import indexed, write
from tests.processes import Served, one_line, run, serving
from tests.service.slow import SECONDS

SLOW = "tests.service.slow:open_slow"
QUESTION = "slowly: how long do these spasms last?"


def ask(served: Served, question: str = QUESTION) -> httpx2.Response:
    """Ask over HTTP."""
    return httpx2.post(f"{served.url}/v1/answers", json={"question": question}, timeout=60)


def test_past_the_line_there_is_503_at_once_and_others_are_served(tmp_path: Path) -> None:
    """Of eight at once, one is answered, two wait their turn, five are told to come again."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    limits = {"PINCITE_CONCURRENCY": "1", "PINCITE_QUEUE": "2", "PINCITE_ENCODER": SLOW}
    with serving(home, source, **limits) as running, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ask(running), range(8)))
        assert Counter(one.status_code for one in found) == {200: 3, 503: 5}
        refused = next(one for one in found if one.status_code == 503)
        assert refused.json()["type"].endswith("#temporary-reduced-capacity")
        assert int(refused.headers["retry-after"]) > 0
        assert refused.elapsed.total_seconds() < SECONDS
        going = [pool.submit(ask, running) for _ in range(3)]
        assert httpx2.get(f"{running.url}/readyz").status_code == 200
        assert {one.result().status_code for one in going} == {200}
        assert ask(running, "how long do these spasms last?").status_code == 200


def test_what_takes_too_long_is_told_so_and_gives_its_place_back(tmp_path: Path) -> None:
    """503 after the time that was set; once its thread has ended, the next is answered."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    limits = {"PINCITE_CONCURRENCY": "1", "PINCITE_ANSWER_SECONDS": "0.5", "PINCITE_ENCODER": SLOW}
    with serving(home, source, **limits) as running:
        began = time.monotonic()
        assert ask(running).status_code == 503
        assert 0.4 < time.monotonic() - began < SECONDS
        waited = ask(running, "how long do these spasms last?")
        assert waited.status_code == 503  # the place is still taken: by a thread nobody can stop
        time.sleep(SECONDS)
        assert ask(running, "how long do these spasms last?").status_code == 200
        assert "Traceback" not in running.log()


def test_asked_to_stop_it_finishes_what_is_under_way(tmp_path: Path) -> None:
    """After SIGTERM the questions that were asked are answered, and the process ends with 0."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    limits = {"PINCITE_CONCURRENCY": "1", "PINCITE_ENCODER": SLOW}
    with serving(home, source, **limits) as running, ThreadPoolExecutor(2) as pool:
        going = [pool.submit(ask, running) for _ in range(2)]
        time.sleep(SECONDS / 3)
        running.process.send_signal(signal.SIGTERM)
        assert [one.result().status_code for one in going] == [200, 200]
        assert running.process.wait(timeout=20) == 0


@pytest.mark.parametrize("path", ["/v1/answers", "/retrieval"])
def test_what_cannot_be_finished_before_it_stops_is_told_to_come_again(
    tmp_path: Path, path: str
) -> None:
    """After the seconds that were set: 503 in each caller's own form, and the process ends with 0.

    Also for who stands in line, and for who has not sent the whole body.
    """
    home, source = tmp_path / "home", write(tmp_path / "source")
    limits = {"PINCITE_CONCURRENCY": "1", "PINCITE_STOP_SECONDS": "1", "PINCITE_ENCODER": SLOW}
    setting = {"top_k": 3, "score_threshold": 0.0}
    # Four questions: the same one asked four times would be answered once, and all at once.
    questions = [f"{QUESTION} {number}" for number in range(4)]
    bodies = [
        {"question": one}
        if path == "/v1/answers"
        else {"knowledge_id": "default", "query": one, "retrieval_setting": setting}
        for one in questions
    ]
    with serving(home, source, **limits) as running, ThreadPoolExecutor(4) as pool:
        url = urlsplit(running.url)
        with socket.create_connection((str(url.hostname), int(url.port or 0))) as slow:
            slow.sendall(
                f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{{".encode()
            )
            going = [
                pool.submit(httpx2.post, f"{running.url}{path}", json=body, timeout=60)
                for body in bodies
            ]
            time.sleep(SECONDS / 3)
            running.process.send_signal(signal.SIGTERM)
            found = [one.result() for one in going]
            response = http.client.HTTPResponse(slow)
            response.begin()
            assert response.status == 503
        assert running.process.wait(timeout=20) == 0
    late = [one for one in found if one.status_code != 200]
    assert len(late) >= 2
    for one in late:
        assert one.status_code == 503
        assert int(one.headers["retry-after"]) > 0
        assert one.headers["x-request-id"]
        said = one.json()
        assert "stopping" in said["detail" if path == "/v1/answers" else "error_msg"]
    assert "Traceback" not in running.log()


def test_a_body_that_comes_too_slowly_is_ended_and_holds_no_place(tmp_path: Path) -> None:
    """408 after the time that was set, for a question and an upload; meanwhile others are asked."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    limits = {"PINCITE_CONCURRENCY": "1", "PINCITE_BODY_SECONDS": "1"}
    with serving(home, source, **limits) as running:
        for line in ("POST /v1/answers", "PUT /v1/documents/a"):
            address = urlsplit(running.url)
            head = f"{line} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 99\r\n"
            kind = "application/json" if line.startswith("POST") else "text/plain"
            with socket.create_connection((str(address.hostname), int(address.port or 0))) as slow:
                slow.settimeout(20)
                slow.sendall(f'{head}Content-Type: {kind}\r\n\r\n{{"'.encode())
                assert ask(running, "how long do these spasms last?").status_code == 200
                assert slow.recv(99).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - the point of the test
def test_other_machines_are_not_let_in_without_keys(tmp_path: Path, host: str) -> None:
    """It does not start, says how to make a key, and indexes nothing."""
    source = write(tmp_path / "source")
    done = run(tmp_path / "home", "serve", "--host", host, "--port", "0", source)
    assert done.returncode == 1
    said = one_line(done.stderr)
    assert "pincite keys create" in said
    assert "PINCITE_OPEN=on" in said
    assert not (tmp_path / "home").exists()


def test_other_machines_are_let_in_with_keys_or_when_told(tmp_path: Path) -> None:
    """With a key it starts and asks for it; with PINCITE_OPEN=on it starts and warns."""
    home = tmp_path / "home"
    indexed(home)
    opened = {"PINCITE_OPEN": "on"}
    with serving(home, "--host", "0.0.0.0", **opened) as running:  # noqa: S104
        assert "PINCITE_OPEN is on" in running.log()
        assert ask(running).status_code == 200
        put = {"content": b"Rest.", "headers": {"content-type": "text/plain"}}
        url = f"{running.url}/v1/documents/a"
        assert httpx2.put(url, **put).status_code == 403  # type: ignore[arg-type]
    token = run(home, "keys", "create", "bot").stdout.strip()
    with serving(home, "--host", "0.0.0.0") as running:  # noqa: S104
        assert ask(running).status_code == 401
        headers = {"authorization": f"Bearer {token}"}
        assert httpx2.get(f"{running.url}/v1/models", headers=headers).status_code == 200


def test_a_proxy_is_believed_when_it_is_listed(tmp_path: Path) -> None:
    """Only then is a rate counted by the address it names; nobody else's word counts."""
    home = tmp_path / "home"
    indexed(home)
    for proxies, statuses in (("127.0.0.1", [200, 200, 429]), ("192.0.2.9", [200, 429, 429])):
        with serving(home, PINCITE_RATE="1/hour", PINCITE_PROXIES=proxies) as running:
            found = [
                httpx2.get(f"{running.url}/v1/models", headers={"x-forwarded-for": address})
                for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")
            ]
            assert [one.status_code for one in found] == statuses
