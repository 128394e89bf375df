"""A small library and a client of its application, shared by the tests of the service."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.library import Library
from tests.building import indexed, library
from tests.service.writing import at_the_desk


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """Return a library of two small leaflets; no test changes it."""
    home = tmp_path_factory.mktemp("shelf")
    indexed(home)
    return library(home)


@pytest.fixture
def client(shelf: Library) -> TestClient:
    """Return a client of the application over `shelf`."""
    return TestClient(create_app(shelf))


@pytest.fixture
def desk(tmp_path: Path) -> TestClient:
    """Return a client on this machine of a service that holds two leaflets and may change them."""
    indexed(tmp_path / "home")
    return at_the_desk(tmp_path / "home")


@pytest.fixture(scope="module")
def unchanged_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a HOME for requests that are refused: no test changes it."""
    home = tmp_path_factory.mktemp("unchanged")
    indexed(home)
    return home


@pytest.fixture(scope="module")
def unchanged(unchanged_home: Path) -> TestClient:
    """Return a client that may write to `unchanged_home`."""
    return at_the_desk(unchanged_home)
