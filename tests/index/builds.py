"""What a build holds, as values that can be compared with another's."""

import json
from typing import Any

import numpy as np

from corpus.readers import plain_text
from corpus.readers.content import Content
from index.catalog import Catalog
from index.collection import Collection
from index.manifest import read_manifest
from tests.building import opened

QUESTIONS = ("how much baclofen at night", "MS", "tell the nurse about a fall", "stretching")


def content(collection: Collection) -> dict[str, Any]:
    """Return all that the published build of a collection holds, but for its name and its date."""
    layout = collection.published().layout
    catalog = Catalog(layout.catalog)
    manifest = read_manifest(layout)
    retriever = opened(collection)
    return {
        "documents": catalog.all_documents(),
        "passages": catalog.all_passages(),
        "paragraphs": catalog.all_paragraphs(),
        "sentences": catalog.all_sentences(),
        "vectors": np.load(layout.vectors).tobytes(),
        "paragraph vectors": np.load(layout.paragraphs).tobytes(),
        "expansions": json.loads(layout.expansions.read_text(encoding="utf-8")),
        "vocabulary": json.loads(layout.vocabulary.read_text(encoding="utf-8")),
        "dropped": layout.dropped.read_text(encoding="utf-8"),
        "list": layout.holdings.read_text(encoding="utf-8"),
        "counts": manifest.counts,
        "answers": [retriever.search(question, 5) for question in QUESTIONS],
    }


def assert_same(one: Collection, other: Collection) -> None:
    """Compare two published builds, part by part."""
    ours, theirs = content(one), content(other)
    for name, part in ours.items():
        assert part == theirs[name], name


def read_upper(data: bytes) -> Content:
    """Read plain text as another version of a reader might: in capitals."""
    return plain_text.read(data.upper())
