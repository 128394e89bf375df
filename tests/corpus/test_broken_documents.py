"""Real files, cut, bent and shuffled by the same seed each time: read, or refused with a reason."""

import random
import time
from collections.abc import Callable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, is_zipfile

import pytest

from corpus.errors import Reason, UnreadableError
from corpus.isolation import Workers
from corpus.readers import MEDIA_TYPES
from corpus.reading import document_from_bytes
from corpus.sentences import sentences

_FOLDER = Path(__file__).parents[3] / "shared" / "data" / "documents"
_LARGEST = 200_000  # bytes; larger files would take the time of many small ones
_FILES = sorted(
    path
    for path in _FOLDER.rglob("*")
    if path.suffix.lower() in MEDIA_TYPES and 0 < path.stat().st_size <= _LARGEST
)
_SECONDS = 12

pytestmark = pytest.mark.skipif(
    not _FILES, reason="../shared/data/documents is not on this machine"
)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _without_a_stretch(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[at + chance.choice([1, 20, 2_000]) :]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    bent = bytearray(data)
    for _ in range(chance.choice([1, 10, 200])):
        bent[chance.randrange(len(bent))] = chance.randrange(256)
    return bytes(bent)


def _shuffled(data: bytes, chance: random.Random) -> bytes:
    size = max(1, len(data) // chance.choice([3, 10, 50]))
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    chance.shuffle(pieces)
    return b"".join(pieces)


def _joined(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(_FILES).read_bytes()
    return data + other if chance.random() < 0.5 else other + data


def _within_an_archive(data: bytes, chance: random.Random) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as outer:
        outer.writestr(chance.choice(["a.zip", "word/document.xml", "mimetype"]), data)
    return file.getvalue()


def _bent_inside(data: bytes, chance: random.Random) -> bytes:
    """Bend one part of a zip-based file, and pack it again as if nothing had happened."""
    if not is_zipfile(BytesIO(data)):
        return _flipped(data, chance)
    file = BytesIO()
    with ZipFile(BytesIO(data)) as whole, ZipFile(file, "w", ZIP_DEFLATED) as made:
        bent = chance.choice(whole.namelist())
        for name in whole.namelist():
            part = whole.read(name)
            how = chance.choice([_cut, _without_a_stretch, _flipped, _shuffled])
            made.writestr(name, how(part, chance) if name == bent and part else part)
    return file.getvalue()


_WAYS: list[Callable[[bytes, random.Random], bytes]] = [
    *(_cut, _without_a_stretch, _flipped, _shuffled, _joined, _within_an_archive),
    *(_bent_inside, _bent_inside),
]


@pytest.mark.timeout(90)
def test_a_broken_file_is_read_or_refused() -> None:
    """No reader falls over a file, takes too long or takes too much; what is read is in order."""
    chance = random.Random(4)  # noqa: S311 - the same files each time
    began, inputs = time.monotonic(), 0
    with Workers() as workers:
        while time.monotonic() < began + _SECONDS and inputs < 1_000:
            path = chance.choice(_FILES)
            way = chance.choice(_WAYS)
            data = way(path.read_bytes(), chance)
            ending = path.suffix.lower()
            if chance.random() < 0.05:
                ending = chance.choice(sorted(MEDIA_TYPES))
            inputs += 1
            case = f"input {inputs}: {path.name} {way.__name__} as {ending}"
            try:
                document = document_from_bytes(
                    data, f"a{ending}", MEDIA_TYPES[ending], workers=workers
                )
            except UnreadableError as error:
                unexpected = {Reason.CRASHED, Reason.TOO_SLOW, Reason.TOO_MUCH_MEMORY}
                assert error.reason not in unexpected, f"{case}: {error}"  # noqa: PT017
            else:
                found = sentences(document)
                assert all(one.end <= other.start for one, other in pairwise(found)), case
                assert all(one.end <= len(document.text) for one in found), case
    assert inputs > 50
