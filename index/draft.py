"""A build under way in a folder of its own: its files written, hashed and made durable."""

import mmap
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Self

import numpy as np

from index import dropped, holdings, lexical, records, wording
from index.contents import contents, members_of, paragraph_texts, sentence_texts
from index.contextual import Contextual
from index.encoders.protocol import Vectors
from index.encoders.weights import sha256_of
from index.errors import BuildError
from index.layout import Layout, sync
from index.members import Members
from index.store import Content, Written
from index.vectors.opening import open_engine


class Files:
    """The files of a build under way; `engine` names what searches the vectors in it."""

    def __init__(self, layout: Layout, engine: str) -> None:
        self.layout = layout
        self.engine = engine

    def write(self, content: Content) -> Written:
        """Write every file but the manifest."""
        layout, merged = self.layout, content.merged
        with _Sealing() as sealing:
            members = members_of(content.parts, merged)
            layout.members.mkdir()
            members.write(layout.members)
            records.write(layout.catalog, contents(content.parts, merged))
            sealing.seal(layout.catalog)
            holdings.write(layout, (part.document for part in content.parts))
            wording.write(layout, content.expansions, content.vocabulary)
            dropped.write(layout, dropped.records(content.parts, merged, content.skipped))
            self._write_lexical(content, members)
            # From here on the encoder has to be done.
            _save(layout.vectors, content.vectors, sealing)
            _save(layout.paragraphs, content.paragraphs, sealing)
            layout.dense.mkdir()
            structure = open_engine(self.engine).create(
                layout.dense, Contextual(content.vectors, content.paragraphs, members)
            )
            for path in layout.dense.iterdir():
                sealing.seal(path)
            sealed = sealing.sealed()
        files = {
            path.relative_to(layout.folder).as_posix(): sealed.get(path) or sha256_of(path)
            for path in layout.files()
        }
        return Written(files, structure)

    def _write_lexical(self, content: Content, members: Members) -> None:
        folder = self.layout.lexical
        folder.mkdir()
        try:
            lexical.create(
                folder,
                sentence_texts(content.parts, content.merged),
                paragraph_texts(content.parts, content.merged),
                members,
            )
        except ValueError as error:  # tantivy's word for whatever it could not write
            raise BuildError(
                f"{folder}: the lexical index cannot be written ({error}); free some space or give "
                "the right to write; what was published before is untouched"
            ) from error


def _save(path: Path, vectors: Vectors, sealing: "_Sealing") -> None:
    np.save(path, vectors)
    sealing.seal(path)


class _Sealing:
    """Hashes files, and makes them durable, while others are still written."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1)
        self._under_way: dict[Path, Future[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def seal(self, path: Path) -> None:
        """Begin with a file that is written."""
        self._under_way[path] = self._pool.submit(_sealed, path)

    def sealed(self) -> dict[Path, str]:
        """Return the SHA-256 of each file, when all are done."""
        return {path: future.result() for path, future in self._under_way.items()}


def _sealed(path: Path) -> str:
    sync(path)
    with path.open("rb") as file:
        if not path.stat().st_size:
            return sha256().hexdigest()
        # As one piece: for each piece it would have to wait for its turn among Python's threads.
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return sha256(data).hexdigest()
