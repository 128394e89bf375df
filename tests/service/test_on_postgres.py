"""The same service over PostgreSQL: its API, its shell, and what it does without the database."""

import inspect
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.postgres import database as connections
from index.postgres.store import PostgresStore
from index.store import Store
from index.stores import open_store
from service.app import create_app
from service.library import Library
from tests.building import index_into, library, write
from tests.held import held
from tests.processes import run
from tests.servers import Cluster, fresh_database
from tests.service import test_api, test_bad_requests
from tests.service.writing import at_the_desk, put, quotes

ASKED = {"question": "how long do these spasms last"}

# Each test that asks the two leaflets alone, whatever keeps them, is run once more over a database.
for _module in (test_api, test_bad_requests):
    for _name, _test in inspect.getmembers(_module, inspect.isfunction):
        if _name.startswith("test_") and "client" in inspect.signature(_test).parameters:
            globals()[_name] = _test


@pytest.fixture(scope="module")
def store(postgres: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Keep two leaflets in a database of its own, read from a replica."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "source").mkdir()
    with fresh_database(postgres.primary) as name:
        uri = f"{postgres.dsn(name)}?target_session_attrs=prefer-standby"
        opened = open_store(uri, folder)
        index_into(opened, write(folder / "source"))
        postgres.wait_for_replay()
        yield opened


@pytest.fixture(scope="module")
def shelf(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Return a library of two small leaflets; no test changes it."""
    return library(tmp_path_factory.mktemp("shelf"), store=store)


@pytest.fixture(scope="module")
def client(shelf: Library) -> TestClient:
    """Return a client of the application over `shelf`."""
    return TestClient(create_app(shelf))


def test_while_all_connections_are_in_use_it_is_503_at_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Retry-After, for ten who ask side by side; afterwards there is an answer again."""
    assert isinstance(store, PostgresStore)
    client = TestClient(create_app(library(tmp_path, store=store)))
    assert client.post("/v1/answers", json=ASKED).status_code == 200
    monkeypatch.setattr(connections, "_PATIENCE_SECONDS", 0.2)
    with held(store.database, 16), ThreadPoolExecutor(10) as pool:
        refused = list(pool.map(lambda _: client.post("/v1/answers", json=ASKED), range(10)))
    assert {one.status_code for one in refused} == {503}
    assert all(int(one.headers["retry-after"]) >= 1 for one in refused)
    deadline = time.monotonic() + 60  # the keys too are looked up again, by a thread of their own
    while client.post("/v1/answers", json=ASKED).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_what_is_written_the_next_answer_knows(
    postgres: Cluster, database: str, tmp_path: Path
) -> None:
    """Put, replaced, found, erased: over a primary and a replica, by two processes' desks."""
    uri = f"{postgres.dsn(database)}?target_session_attrs=prefer-standby"
    one, other = (at_the_desk(tmp_path / name, open_store(uri, tmp_path)) for name in "ab")
    assert put(one, "pool", "The pool opens at nine on Mondays.").status_code == 201
    assert "The pool opens at nine on Mondays." in quotes(one, "when does the pool open")
    postgres.wait_for_replay()
    assert "The pool opens at nine on Mondays." in quotes(other, "when does the pool open")
    assert put(other, "pool", "The pool opens at ten on Mondays.").status_code == 200
    assert quotes(other, "when does the pool open") == ["The pool opens at ten on Mondays."]
    original = other.get("/v1/documents/pool/original", headers={"range": "bytes=4-7"})
    assert (original.status_code, original.content) == (206, b"pool")
    assert other.delete("/v1/documents/pool?erase=true").status_code == 200
    postgres.wait_for_replay()
    assert quotes(one, "when does the pool open") == []


def test_the_shell_works_by_the_setting_alone(
    postgres: Cluster, database: str, tmp_path: Path
) -> None:
    """Index, ask, list, keys, builds, doctor; nothing of the documents is in HOME."""
    source = tmp_path / "source"
    source.mkdir()
    write(source)
    settings = {"PINCITE_ENGINE": postgres.primary.dsn(database), "PINCITE_ENCODER": "hashing:"}

    def shell(*words: str | Path) -> str:
        done = run(tmp_path / "home", *words, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "2 added" in shell("index", source)
    found = json.loads(shell("ask", "how long do these spasms last", "--json"))
    assert found["citations"][0]["quote"] == "These spasms usually last 60 to 90 seconds."
    assert shell("builds", "list").startswith("* ")
    assert len(shell("documents", "list").splitlines()) == 2
    assert shell("keys", "create", "chatbot").startswith("pin_")
    assert len(shell("keys", "list").splitlines()) == 1
    assert "FAULT" not in shell("doctor")
    left = [one for one in (tmp_path / "home").rglob("*") if one.is_file()]
    assert [one for one in left if b"spasms" in one.read_bytes().lower()] == []


def test_while_no_host_answers_it_is_503_and_then_it_goes_on(
    breakable: Cluster, tmp_path: Path
) -> None:
    """A replica dies, then all: 503 with Retry-After and not ready; back without a restart."""
    uri = f"{breakable.dsn()}?connect_timeout=2"
    store = open_store(uri, tmp_path)
    (tmp_path / "source").mkdir()
    index_into(store, write(tmp_path / "source"))
    breakable.wait_for_replay()
    client = TestClient(create_app(library(tmp_path, store=store)))

    def answers() -> int:
        return client.post("/v1/answers", json=ASKED).status_code

    assert answers() == 200
    breakable.replicas[0].kill()
    assert answers() == 200
    breakable.replicas[1].kill()
    assert answers() == 200
    breakable.primary.kill()
    gone = client.post("/v1/answers", json=ASKED)
    assert (gone.status_code, gone.headers["retry-after"]) == (503, "5")
    assert "spasms" not in gone.text
    assert client.get("/readyz").status_code == 503
    assert client.get("/livez").status_code == 200
    breakable.primary.start()
    assert answers() == 200
    assert client.get("/readyz").status_code == 200
