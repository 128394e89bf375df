"""Services over PostgreSQL whose servers die, stand still and come back."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.building import write
from tests.processes import Served, serving
from tests.servers import Cluster, fresh_database

SPASMS = "These spasms usually last 60 to 90 seconds."
_PATIENCE_SECONDS = 60.0
_LONGEST_SECONDS = 40.0
"""How long any request may take, whatever the servers do, on a busy machine."""


@contextmanager
def _served(servers: Cluster, folder: Path, database: str) -> Iterator[Served]:
    source = write(folder / "source", {"spasms.txt": f"{SPASMS}\n"})
    address = servers.dsn(database)
    servers.wait_for_replay()
    with serving(folder / "home", source, PINCITE_ENGINE=address) as served:
        servers.wait_for_replay()
        yield served


def _get(served: Served, path: str) -> httpx.Response:
    return httpx.get(served.url + path, timeout=120)


def _asked(served: Served) -> httpx.Response:
    question = {"question": "how long do spasms last"}
    return httpx.post(f"{served.url}/v1/search", json=question, timeout=120)


def _quote(served: Served) -> str:
    answer = _asked(served)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["citations"][0]["quote"])


def _put(served: Served, text: str) -> int:
    headers = {"Content-Type": "text/plain"}
    url = f"{served.url}/v1/documents/falls"
    return httpx.put(url, content=text, headers=headers, timeout=120).status_code


def _recovers(served: Served) -> None:
    """Ask until there is an answer again, and it is ready; nothing but 503 comes before that."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (status := _asked(served).status_code) != 200:
        assert status == 503
        assert time.monotonic() < deadline, "it does not recover"
        time.sleep(0.1)
    assert _quote(served) == SPASMS
    assert _get(served, "/readyz").status_code == 200


def test_without_a_primary_answers_go_on_and_writes_find_the_heir(
    breakable: Cluster, tmp_path: Path
) -> None:
    """A write waits for the promotion; what was acknowledged before and after it is there."""
    with (
        fresh_database(breakable.primary) as database,
        _served(breakable, tmp_path, database) as served,
    ):
        assert _put(served, "Tell your nurse about every fall.\n") == 201
        breakable.wait_for_replay()
        breakable.primary.kill()
        assert _quote(served) == SPASMS
        assert _get(served, "/readyz").status_code == 200
        with ThreadPoolExecutor(1) as pool:
            written = pool.submit(_put, served, "Tell us about every fall.\n")
            assert _quote(served) == SPASMS
            breakable.promote(breakable.replicas[0])
            assert written.result() == 200
        breakable.wait_for_replay()
        assert _get(served, "/v1/documents/falls").json()["text"] == "Tell us about every fall.\n"


def test_without_a_database_it_says_so_and_comes_back_by_itself(
    breakable: Cluster, tmp_path: Path
) -> None:
    """503 with Retry-After and never a wrong answer; alive all the while."""
    with (
        fresh_database(breakable.primary) as database,
        _served(breakable, tmp_path, database) as served,
    ):
        for server in breakable.servers():
            server.kill()
        refused = _asked(served)
        assert (refused.status_code, refused.json()["status"]) == (503, 503)
        assert int(refused.headers["Retry-After"]) >= 1
        assert _get(served, "/readyz").status_code == 503
        assert _get(served, "/livez").status_code == 200
        for server in breakable.servers():
            server.start()
        _recovers(served)
        assert served.process.poll() is None


def test_a_database_that_stands_still_holds_nobody_for_long(
    breakable: Cluster, tmp_path: Path
) -> None:
    """Thirty ask at once, each has its answer or a 503 in bounded time, over few connections."""
    with (
        fresh_database(breakable.primary) as database,
        _served(breakable, tmp_path, database) as served,
    ):
        assert _quote(served) == SPASMS
        for server in breakable.servers():
            server.pause()
        began = time.monotonic()
        with ThreadPoolExecutor(30) as pool:
            statuses = [one.status_code for one in pool.map(lambda _: _asked(served), range(30))]
        assert set(statuses) == {503}
        assert time.monotonic() - began < _LONGEST_SECONDS
        for server in breakable.servers():
            server.resume()
        _recovers(served)
        connections = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pincite'"
        assert all(int(str(one.value(connections))) <= 20 for one in breakable.servers())
