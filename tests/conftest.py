"""Fixtures that several folders share."""

import os

import hypothesis
import pytest

from index.encoders.hashing import HashingEncoder
from index.encoders.sentence_transformer import SentenceTransformerEncoder, packaged_minilm

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
def minilm() -> SentenceTransformerEncoder:
    """Open the packaged model, once for all tests."""
    return packaged_minilm()


@pytest.fixture
def hashing() -> HashingEncoder:
    """Return the encoder without a model."""
    return HashingEncoder()
