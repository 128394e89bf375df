"""What an update costs beside a full build: `make update-cost` prints the table.

A full build with the packaged model takes the better part of an hour where the machine is busy. So,
unless `--whole` is given, the model encodes a sample, in the same run and with the same batches,
and the rest of the first build (reading, splitting, merging, writing, syncing) is measured with
vectors that cost next to nothing. The update is measured as it is, with the model.
"""

import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from corpus.reading import document_from_bytes
from index.collection import Collection
from index.encoders.hashing import HashingEncoder
from index.encoders.opening import open_encoder
from index.encoders.protocol import Encoder, Vectors
from index.encoding import encode
from index.parts import split
from index.update import Makers, update
from tests.building import makers
from tests.slow.leaflets import PER_FILE, leaflet, write_leaflets

_SAMPLE_FILES = 20
_Made = TypeVar("_Made")


class _Borrowed(HashingEncoder):
    """Goes by another encoder's name, but costs next to nothing; counts what it does cost."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder.dim)
        self.name = encoder.name
        self.weights_sha256 = encoder.weights_sha256
        self.seconds = 0.0

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode without a model."""
        vectors, seconds = _timed(lambda: super(_Borrowed, self).encode_passages(passages))
        self.seconds += seconds
        return vectors


@click.command()
@click.option("--sentences", default=100_000, show_default=True, type=click.IntRange(min=1_000))
@click.option("--encoder", "name", default="minilm", show_default=True)
@click.option("--whole", is_flag=True, help="Encode all of the first build with the model as well.")
def command(sentences: int, name: str, *, whole: bool) -> None:
    """Time a full build, an update after 1 % of the files changed, and one after nothing did."""
    with tempfile.TemporaryDirectory(prefix="pincite-update-") as folder:
        encoder = open_encoder(name, Path(folder), making=True)
        encoder.encode_passages(["The first is slow."])
        source = Path(folder) / "source"
        files = write_leaflets(source, sentences)
        collection = Collection(Path(folder) / "home", "default")
        first = encoder if whole else _Borrowed(encoder)
        full, full_seconds = _timed(lambda: update(collection, [source], _makers(first)))
        assert full.counts is not None
        measured = "measured"
        if isinstance(first, _Borrowed):
            each_sentence, each_paragraph = _seconds_each(encoder, files)
            full_seconds -= first.seconds
            full_seconds += each_sentence * full.counts.passages
            full_seconds += each_paragraph * full.counts.paragraphs
            measured = "derived: see the module"
        changed = files[:: len(files) // max(len(files) // 100, 1)][: max(len(files) // 100, 1)]
        for number, path in enumerate(changed):
            begin = 2 * sentences + number * PER_FILE
            path.write_text(leaflet(range(begin, begin + PER_FILE)), encoding="utf-8")
        report, seconds = _timed(lambda: update(collection, [source], _makers(encoder)))
        _, idle_seconds = _timed(lambda: update(collection, [source], _makers(encoder)))
        without = _Borrowed(encoder)
        for path in changed:
            path.write_text(path.read_text(encoding="utf-8") + "\nOne more.\n", encoding="utf-8")
        _, bare = _timed(lambda: update(collection, [source], _makers(without)))
    assert len(report.changed) == len(changed)
    click.echo(f"{encoder.name}, {full.counts.sentences} sentences in {len(files)} files\n")
    click.echo("| what | seconds | of a full build |\n|---|---|---|")
    for what, took in (
        (f"full build ({measured})", full_seconds),
        (f"{len(changed)} files wholly rewritten", seconds),
        ("the same files with a line more (no model)", bare - without.seconds),
        ("nothing changed", idle_seconds),
    ):
        click.echo(f"| {what} | {took:.1f} | {took / full_seconds:.2%} |")


def _makers(encoder: Encoder) -> Makers:
    return makers(encoder, "faiss:auto")


def _seconds_each(encoder: Encoder, files: Sequence[Path]) -> tuple[float, float]:
    """Return how long the model takes for a sentence, and for a paragraph, of a few files."""
    chosen = random.Random(1).sample(list(files), min(_SAMPLE_FILES, len(files)))  # noqa: S311 - a sample
    parts = [
        split(document_from_bytes(path.read_bytes(), path.name, "text/plain")) for path in chosen
    ]
    sentences = [part.text(at) for part in parts for at in range(len(part.passages))]
    paragraphs = list(dict.fromkeys(text for part in parts for text in part.paragraphs))
    each = []
    for texts in (sentences, paragraphs):
        _, seconds = _timed(lambda: encode(texts, None, encoder, "", lambda *_: None))  # noqa: B023 - called at once
        each.append(seconds / len(texts))
    return each[0], each[1]


def _timed(work: Callable[[], _Made]) -> tuple[_Made, float]:
    began = time.perf_counter()
    made = work()
    return made, time.perf_counter() - began


if __name__ == "__main__":
    command()
