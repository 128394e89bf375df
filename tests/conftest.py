"""Fixtures that several folders share."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import settings

from index.encoders.hashing import HashingEncoder
from index.encoders.opening import open_encoder
from index.encoders.protocol import Encoder
from service.settings import Settings
from tests.servers import Cluster, cluster, fresh_database, why_not

# A first example may load a model; how long examples take on a busy machine says nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Reading may start a process, and the machine may be busy: no example is slow by the clock.
hypothesis.settings.register_profile("pincite", deadline=None)
hypothesis.settings.load_profile("pincite")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("PINCITE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a HOME for exports that all tests share, those of other workers too."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "exports"


@pytest.fixture(scope="session")
def minilm(exports: Path) -> Encoder:
    """Open all-MiniLM-L6-v2, exported once for all tests."""
    return open_encoder("minilm", exports, making=True)


@pytest.fixture(scope="session")
def packaged() -> Encoder:
    """Open the encoder that is used where no other is asked for, once for all tests."""
    return open_encoder(Settings().encoder)


@pytest.fixture
def hashing() -> HashingEncoder:
    """Return the encoder without a model."""
    return HashingEncoder()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """Run a PostgreSQL primary with one replica, shared by all tests of a worker: break neither."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    with cluster(1) as servers:
        yield servers


@pytest.fixture
def database(postgres: Cluster) -> Iterator[str]:
    """Return the name of an empty database on `postgres`, for one test alone."""
    with fresh_database(postgres.primary) as name:
        yield name


@pytest.fixture
def breakable() -> Iterator[Cluster]:
    """Run a PostgreSQL primary with two replicas for one test, which may break them."""
    if (reason := why_not()) is not None:
        pytest.skip(reason)
    with cluster(2) as servers:
        yield servers
