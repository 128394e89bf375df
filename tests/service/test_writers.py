import errno
import os
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from index.collection import Collection
from index.encoders.hashing import HashingEncoder
from index.encoders.protocol import Vectors
from index.errors import BuildError, CollectionError
from service.app import create_app
from service.errors import status_of
from tests.building import indexed, library, makers
from tests.service.problems import check_problem
from tests.service.writing import HERE, put, quotes, state


def test_where_another_process_writes_it_is_409_and_may_be_tried_again(
    desk: TestClient, tmp_path: Path
) -> None:
    """With Retry-After; nothing is changed; afterwards it works."""
    held = Collection(tmp_path / "home", "default")
    document_id = desk.get("/v1/documents").json()["documents"][0]["id"]
    build = held.current()
    with held.writing():
        for response in (
            put(desk, "a", "A rule.\n"),
            desk.delete(f"/v1/documents/{document_id}"),
            desk.post(f"/v1/builds/{build}/activate"),
        ):
            assert response.status_code == 409
            check_problem(response.json(), 409)
            assert int(response.headers["retry-after"]) > 0
    assert held.current() == build
    assert put(desk, "a", "A rule.\n").status_code == 201


def test_many_at_once_are_kept_or_told_to_come_again(desk: TestClient) -> None:
    """Of 30 concurrent uploads each is 201 or 409, and exactly those of 201 are held."""
    ready = threading.Barrier(30)

    def upload(number: int) -> int:
        ready.wait()
        status: int = put(desk, f"n{number}", f"Rule number {number} holds.\n").status_code
        return status

    with desk, ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(upload, range(30)))
        assert set(statuses) <= {201, 409}
        kept = {f"n{number}" for number, status in enumerate(statuses) if status == 201}
        assert len(kept) >= 8
        held = {one["id"] for one in desk.get("/v1/documents").json()["documents"]}
    assert {one for one in held if one.startswith("n")} == kept


def test_without_power_to_write_it_is_503_and_nothing_changes(
    desk: TestClient, tmp_path: Path
) -> None:
    """A file where the folder of builds under way would be made."""
    held = Collection(tmp_path / "home", "default")
    lock = held.folder / "LOCK"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    before = state(tmp_path / "home")
    response = put(desk, "a", "A rule.\n")
    assert response.status_code == 503
    check_problem(response.json(), 503)
    assert state(tmp_path / "home") == before


@pytest.mark.parametrize(
    ("cause", "status"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 507),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), 507),
        (OSError(errno.EROFS, os.strerror(errno.EROFS)), 503),
        (PermissionError(errno.EACCES, "no"), 503),
        (OSError("12 requested and 0 written"), 503),
        (ValueError("IO error: No space left on device (os error 28)"), 507),
        (None, 503),
    ],
)
def test_a_full_disk_is_507_and_any_other_503(cause: Exception | None, status: int) -> None:
    """Whichever library could not write."""
    error = BuildError("the build cannot be written")
    error.__cause__ = cause
    assert status_of(error)[0] == status
    other = CollectionError("cannot be written")
    other.__cause__ = cause
    assert status_of(other)[0] == (status if isinstance(cause, OSError) or status == 507 else 404)


def test_a_full_sqlite_database_is_a_full_disk(tmp_path: Path) -> None:
    """SQLite's own word for it, made by its own limit on pages."""
    connection = sqlite3.connect(tmp_path / "a.sqlite")
    connection.execute("PRAGMA max_page_count = 2")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.executescript("CREATE TABLE a (b); CREATE TABLE c (d); CREATE TABLE e (f);")
    connection.close()
    error = BuildError("the catalog cannot be written")
    error.__cause__ = caught.value
    assert status_of(error)[0] == 507


class SlowEncoder(HashingEncoder):
    """Encodes passages only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Wait, then encode."""
        self.begun.set()
        assert self.go_on.wait(20)
        return super().encode_passages(passages)


def test_while_a_change_is_made_questions_are_answered(tmp_path: Path) -> None:
    """A slow upload holds one thread of its own; everything else goes on."""
    indexed(tmp_path)
    slow = SlowEncoder()
    app = create_app(library(tmp_path), makers(slow))
    client = TestClient(app, base_url=HERE, client=("127.0.0.1", 1))
    with client, ThreadPoolExecutor(6) as pool:
        uploads = [pool.submit(put, client, f"n{n}", f"Rule {n}.\n") for n in range(5)]
        assert slow.begun.wait(20)
        assert quotes(client, "how long do these spasms last")
        assert client.get("/livez").status_code == 200
        slow.go_on.set()
        assert {one.result().status_code for one in uploads} == {201}
