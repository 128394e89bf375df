"""Vectors of a build under way, kept so that a build that died is not begun again from nothing.

HOME/encoding/NAME: a line that says which encoder, then records of one length: the first half of
the text's SHA-256, its vector, a checksum. Appended to while texts are encoded, deleted when the
build is published. It holds no word of a text. What is torn at its end is dropped, and where it
cannot be written, for want of space, the build goes on without it.
"""

import json
import os
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from index.encoders.protocol import Encoder, Vectors

FORMAT = 1
_KEY, _CHECK = 16, 4
_SYNC_SECONDS = 2.0
"""How much work a crash may cost; what is encoded sooner leaves no file at all."""
_MOST_BYTES = 4 * 1024**3


class Journal:
    """The vectors that earlier attempts have encoded, and those that this one adds."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._dim = encoder.dim
        self._head = _head(encoder)
        self._size = _KEY + 4 * self._dim + _CHECK
        self._file: FileIO | None = None
        self._waiting: list[bytes] = []
        self._whole, self._rows = self._read()
        self._lost = False
        self._synced = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep what was encoded where the build failed; forget all where it was published."""
        if kind is not None and self._file is not None:
            self._write()
        if self._file is not None:
            self._file.close()
        if kind is None:
            discard(self._path)

    def __len__(self) -> int:
        return len(self._rows)

    def vector(self, text: str) -> Vectors | None:
        """Return the vector of a text that an earlier attempt has encoded."""
        found = self._rows.get(_key(text))
        return None if found is None else np.frombuffer(found, dtype="<f4")

    def add(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Keep the vectors of texts; on disk within about two seconds of work."""
        for text, vector in zip(texts, vectors, strict=True):
            body = _key(text) + vector.astype("<f4").tobytes()
            self._waiting.append(body + zlib.crc32(body).to_bytes(_CHECK, "little"))
        if time.monotonic() - self._synced >= _SYNC_SECONDS:
            self._write()

    def _write(self) -> None:
        data, self._waiting = b"".join(self._waiting), []
        self._synced = time.monotonic()
        if self._lost or self._whole + len(data) > _MOST_BYTES:
            return
        try:
            if self._file is None:
                self._open()
            assert self._file is not None
            view = memoryview(data)
            while view:
                view = view[self._file.write(view) :]
            os.fsync(self._file.fileno())
            self._whole += len(data)
        except OSError:  # a full disk: leave what room there is to the build itself
            self._lost = True
            discard(self._path)

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = FileIO(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
        if not self._whole:
            self._file.truncate(0)
            self._file.write(self._head)
            self._whole = len(self._head)
        self._file.truncate(self._whole)
        self._file.seek(self._whole)

    def _read(self) -> tuple[int, dict[bytes, bytes]]:
        """Return how many bytes are whole, and the vector of each key in them."""
        rows: dict[bytes, bytes] = {}
        try:
            with self._path.open("rb") as file:
                if file.read(len(self._head)) != self._head:
                    return 0, rows
                whole = len(self._head)
                while len(record := file.read(self._size)) == self._size:
                    body, check = record[:-_CHECK], record[-_CHECK:]
                    if zlib.crc32(body) != int.from_bytes(check, "little"):
                        break
                    rows[body[:_KEY]] = body[_KEY:]
                    whole += self._size
                return whole, rows
        except OSError:
            return 0, rows


def discard(path: Path) -> None:
    """Delete a journal, if there is one."""
    with suppress(OSError):
        path.unlink()


def _head(encoder: Encoder) -> bytes:
    made_by = {
        "format": FORMAT,
        "encoder": encoder.name,
        "weights_sha256": encoder.weights_sha256,
        "dim": encoder.dim,
    }
    return (json.dumps(made_by, sort_keys=True) + "\n").encode()


def _key(text: str) -> bytes:
    return sha256(text.encode()).digest()[:_KEY]
