"""A FAISS index in a file: made by name, written whole, mapped so that processes share one copy.

Facts that shape it (faiss-cpu 1.15): `IO_FLAG_MMAP_IFC` maps an index, and a mapped one must never
be added to; to a full disk, faiss's own writer may end without an error, so Python writes.
"""

from pathlib import Path
from typing import Any

import faiss

from index.errors import EngineError

_NAME = "index.faiss"
_WRITE_BYTES = 1 << 20


def write(folder: Path, index: "faiss.Index") -> None:
    """Write an index into a folder of its own."""
    with (folder / _NAME).open("wb") as file:
        writer = faiss.PyCallbackIOWriter(file.write, _WRITE_BYTES)  # type: ignore[attr-defined] # not in its types
        faiss.write_index(index, writer)


def mapped(folder: Path) -> "faiss.Index":
    """Map the index of a folder into memory; EngineError where there is none."""
    try:
        return faiss.read_index(str(folder / _NAME), faiss.IO_FLAG_MMAP_IFC)
    except RuntimeError as error:
        raise EngineError(f"{folder / _NAME}: faiss cannot open it: {error}") from error


def made(kind: str, *arguments: object, **settings: object) -> Any:  # noqa: ANN401 - see below
    """Make one of faiss's own objects by name: its types do not say how these are made."""
    return getattr(faiss, kind)(*arguments, **settings)
