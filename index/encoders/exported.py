"""Encoders that are exported sentence-transformers models: opened, and made where that is asked.

Opening one needs onnxruntime and tokenizers, and nothing else of the model.
"""

import logging
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from index.encoders import source
from index.encoders.export import Export, folder_of, read
from index.encoders.onnx_graph import OnnxGraph, Text
from index.encoders.protocol import Vectors
from index.encoders.source import Source
from index.errors import EncoderError
from index.layout import sync

_log = logging.getLogger(__name__)

PRECISIONS = ("fp32", "int8")
_UNDER_WAY = ".making-"


class ExportedEncoder:
    """A graph that gives one unit vector a text; a text's company changes it by 1e-6 at most."""

    def __init__(self, folder: Path, export: Export) -> None:
        self.export = export
        self.name = export.name
        self.dim = export.dim
        self.weights_sha256 = export.weights_sha256
        self._graph = OnnxGraph(folder, export.longest, padding=export.padding)

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions, with the model's own words before them if it has some."""
        return self._encode(questions, self.export.question_mark)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages, with the model's own words before them if it has some."""
        return self._encode(passages, self.export.passage_mark)

    def encode_batches(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """Encode batches of passages, as many at once as keep the processors busy."""
        marked = (self._marked(batch, self.export.passage_mark) for batch in batches)
        return map(self._vectors, self._graph.run_each(marked))

    def _encode(self, texts: Sequence[str], mark: str) -> Vectors:
        return self._vectors(self._graph.run(self._marked(texts, mark)))

    def _marked(self, texts: Sequence[str], mark: str) -> list[Text]:
        return [(mark + text, None) for text in texts]

    def _vectors(self, rows: Sequence[NDArray[np.float32]]) -> Vectors:
        return np.array(rows, dtype=np.float32).reshape(-1, self.dim)


def open_minilm(encoders: Path, *, making: bool, argument: str = "") -> ExportedEncoder:
    """Open `minilm` or `minilm:int8`, the packaged all-MiniLM-L6-v2."""
    precision = argument or "fp32"
    if precision not in PRECISIONS:
        raise EncoderError(f"minilm:{argument}: a precision is one of {', '.join(PRECISIONS)}")
    return _opened(encoders, "minilm", precision, source.packaged, making=making)


def open_model(encoders: Path, *, making: bool, argument: str = "") -> ExportedEncoder:
    """Open `sentence-transformers:WHERE` or `sentence-transformers:WHERE:int8`."""
    where, _, precision = argument.rpartition(":")
    if precision not in PRECISIONS:
        where, precision = argument, "fp32"
    if not where:
        raise EncoderError(
            "sentence-transformers: opens nothing by this name; say a model's folder, or its hub "
            "name org/name, after the colon"
        )
    return _opened(
        encoders,
        f"sentence-transformers:{where}",
        precision,
        lambda: source.by_path_or_name(where),
        making=making,
    )


def _opened(
    encoders: Path, model: str, precision: str, find: Callable[[], Source], *, making: bool
) -> ExportedEncoder:
    asked = model if precision == "fp32" else f"{model}:{precision}"
    folder = folder_of(encoders, asked)
    if making:
        return ExportedEncoder(folder, _made(folder, asked, precision, find))
    if not folder.is_dir():
        raise EncoderError(
            f"{folder}: there is no export of {asked}, and serving makes none; "
            "pincite export makes it, and so does pincite index"
        )
    try:
        return ExportedEncoder(folder, read(folder))
    except EncoderError as error:
        raise EncoderError(f"{error}; pincite export makes it again") from error


def _made(folder: Path, asked: str, precision: str, find: Callable[[], Source]) -> Export:
    """Export where there is no export yet, or a damaged one, or one of another source.

    An export whose source is gone stays as good as it was.
    """
    try:
        export = read(folder)
    except EncoderError:
        export = None
    try:
        found = find()
    except EncoderError:
        if export is None:
            raise
        return export
    if export is not None and found.sha256 in {export.source_sha256, ""}:
        return export
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.parent / "LOCK"):
            return _exported_meanwhile(folder, found) or _export(folder, asked, precision, found)
    except OSError as error:
        raise EncoderError(
            f"{folder}: the export cannot be written ({error.strerror or error}); free some space "
            "or give the right to write"
        ) from error


def _exported_meanwhile(folder: Path, found: Source) -> Export | None:
    try:
        export = read(folder)
    except EncoderError:
        return None
    return export if export.source_sha256 == found.sha256 else None


def _export(folder: Path, asked: str, precision: str, found: Source) -> Export:
    from index.encoders.exporting import make  # noqa: PLC0415 - known only to those who export

    _sweep(folder.parent)
    _log.info("exporting %s to an ONNX graph, once; it takes about half a minute", asked)
    aside = Path(tempfile.mkdtemp(prefix=_UNDER_WAY, dir=folder.parent))
    try:
        make(found, asked, precision, aside)
        export = read(aside)
        for path in aside.iterdir():
            path.chmod(0o644)
            sync(path)
        aside.chmod(0o755)
        sync(aside)
        if folder.exists():
            folder.rename(folder.parent / f"{_UNDER_WAY}before")
        aside.rename(folder)
        sync(folder.parent)
    finally:
        _sweep(folder.parent)
    return export


def _sweep(encoders: Path) -> None:
    """Delete what an export left that died under way; only the holder of the lock may."""
    for left in encoders.glob(f"{_UNDER_WAY}*"):
        shutil.rmtree(left, ignore_errors=True)
