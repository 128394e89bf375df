"""The build before: its documents, and all that a new build may take from it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from corpus.acronyms import Acronym
from corpus.documents import Document
from index.catalog import Catalog
from index.encoders.protocol import Encoder
from index.encoding import Known
from index.layout import Layout
from index.manifest import Manifest
from index.parts import Part, stored


class Earlier:
    """A published build whose files have been checked; what it holds is read when asked for."""

    def __init__(self, layout: Layout, manifest: Manifest) -> None:
        self.layout = layout
        self.manifest = manifest
        self._catalog = Catalog(layout.catalog)

    @cached_property
    def documents(self) -> Sequence[tuple[Document, tuple[Acronym, ...]]]:
        """Every document with the acronyms it defines, in the order of the build."""
        return self._catalog.all_documents()

    @cached_property
    def all_passages(self) -> Sequence[tuple[str, str]]:
        """Each passage's id and text, by row."""
        return self._catalog.all_passages()

    @cached_property
    def all_paragraphs(self) -> Sequence[str]:
        """Each paragraph's text, by row."""
        return self._catalog.all_paragraphs()

    def parts(self) -> Mapping[str, Part]:
        """Return the documents with their sentences, by id."""
        return stored(
            self.documents, self._catalog.all_sentences(), self.all_passages, self.all_paragraphs
        )

    def is_encoded_by(self, encoder: Encoder) -> bool:
        """Tell whether this encoder's vectors can be taken from here."""
        made_by = (self.manifest.encoder, self.manifest.weights_sha256)
        return made_by == (encoder.name, encoder.weights_sha256)

    def passages(self) -> Known:
        """Return the vectors of the passages."""
        rows = {text: row for row, (_, text) in enumerate(self.all_passages)}
        return Known(rows, np.load(self.layout.vectors, mmap_mode="r" if rows else None))

    def paragraphs(self) -> Known:
        """Return the vectors of the paragraphs."""
        rows = {text: row for row, text in enumerate(self.all_paragraphs)}
        return Known(rows, np.load(self.layout.paragraphs, mmap_mode="r" if rows else None))
