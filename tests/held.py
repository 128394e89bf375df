"""Connections of a process to its database, in use for as long as a test wants."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg

from index.postgres.database import Database


@contextmanager
def held(database: Database, count: int) -> Iterator[None]:
    """Use so many of the connections until the block ends."""
    begun, done = threading.Semaphore(0), threading.Event()

    def hold(connection: psycopg.Connection) -> None:
        connection.execute("SELECT 1")
        begun.release()
        done.wait(60)

    with ThreadPoolExecutor(count) as pool:
        asked = [pool.submit(database.reading, hold) for _ in range(count)]
        try:
            for _ in range(count):
                assert begun.acquire(timeout=60)
            yield
        finally:
            done.set()
            for one in asked:
                one.result()
