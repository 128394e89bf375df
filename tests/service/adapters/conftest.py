"""One real server, asked by the real clients of each dialect."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.documents import Attributes, BlockKind, Document, document_id
from corpus.readers.content import Draft
from index.collection import Collection
from index.encoders.hashing import HashingEncoder
from index.update import index_documents
from service.library import Library
from tests.building import indexed, library, makers
from tests.processes import Served, serving

QUESTION = "how long do these spasms usually last"
QUOTE = "These spasms usually last 60 to 90 seconds."
UNANSWERED = "who won the football cup"
CANARY = "zanzibar7q my dad John Smith 943 476 5919"


def guide() -> Document:
    """Return a document with pages, characters outside the BMP, and markup in its title."""
    draft = Draft()
    draft.turn_page(1, "i")
    draft.add(BlockKind.HEADING, "Guide <b>one</b>", 1)
    draft.add(BlockKind.PARAGRAPH, "Physiotherapy 🦵 keeps the muscles of the legs long. It helps.")
    draft.turn_page(2, "ii")
    draft.add(BlockKind.HEADING, "Splints", 2)
    draft.add(BlockKind.PARAGRAPH, "A splint holds the ankle at night. It must never hurt.")
    content = draft.content("Guide <b>one</b>")
    return Document(
        document_id=document_id("leaflets/guide.pdf"),
        uri="leaflets/guide.pdf",
        title="Guide <b>one</b>",
        media_type="application/pdf",
        text=content.text,
        structure=content.structure,
        sha256="0" * 64,
        attributes=Attributes(audience="patient", language="en"),
    )


def calibrate(home: Path, name: str) -> None:
    """Give a collection low thresholds: the hashing encoder's scores are low."""
    levels = [
        {"bucket": bucket, "from_score": score, "right": 0, "questions": 0}
        for bucket, score in (("low", 0.02), ("medium", 0.04), ("high", 0.06))
    ]
    body = {
        "mode": "hybrid",
        "encoder": HashingEncoder().name,
        "levels": levels,
        "refused_right": 0,
        "refused": 0,
    }
    layout = Collection(home, name).published().layout
    layout.calibration.write_text(json.dumps(body), encoding="utf-8")


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a HOME: `default`, whose scores say little, and `guides`, whose say much."""
    folder = tmp_path_factory.mktemp("dialects") / "home"
    indexed(folder)
    index_documents(Collection(folder, "guides"), [guide()], makers())
    calibrate(folder, "guides")
    return folder


@pytest.fixture(scope="session")
def served(home: Path) -> Iterator[Served]:
    """Run the service over `home`, logging all it can."""
    with serving(home, PINCITE_LOG_LEVEL="debug") as running:
        yield running


@pytest.fixture(scope="session")
def shelf(home: Path) -> Library:
    """Return the library that is served, opened in this process."""
    return library(home)
