"""Fixtures that several folders share."""

import os

import pytest
from hypothesis import settings

from index.encoders.hashing import HashingEncoder
from index.encoders.sentence_transformer import SentenceTransformerEncoder, packaged_minilm

# A first example may load a model; how long examples take on a busy machine says nothing.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if name.startswith("PINCITE_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def minilm() -> SentenceTransformerEncoder:
    """Open the packaged model, once for all tests."""
    return packaged_minilm()


@pytest.fixture
def hashing() -> HashingEncoder:
    """Return the encoder without a model."""
    return HashingEncoder()
