"""The build before: its documents, and all that a new build may take from it."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from corpus.acronyms import Acronym
from corpus.documents import Document
from index.encoders.protocol import Encoder
from index.encoding import Known
from index.manifest import Manifest
from index.parts import Part, stored
from index.store import StoredBuild


class Earlier:
    """A published build that has been checked; what it holds is read when asked for."""

    def __init__(self, build: StoredBuild, manifest: Manifest) -> None:
        self.build = build
        self.manifest = manifest
        self._catalog = build.catalog()

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
        return Known(rows, self.build.vectors())

    def paragraphs(self) -> Known:
        """Return the vectors of the paragraphs."""
        rows = {text: row for row, text in enumerate(self.all_paragraphs)}
        return Known(rows, self.build.paragraphs())
