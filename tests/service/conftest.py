"""A small library and a client of its application, shared by the tests of the service."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.app import create_app
from service.library import Library
from tests.building import indexed, library


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library of two small leaflets; no test changes it."""
    home = tmp_path_factory.mktemp("shelf")
    indexed(home)
    return library(home)


@pytest.fixture
def client(shelf: Library) -> TestClient:
    """A client of the application over `shelf`."""
    return TestClient(create_app(shelf))


@pytest.fixture
def home_of_shelf(shelf: Library) -> Path:
    """Where the small library is."""
    return shelf.home
