"""What a build is: written last, sealed, checked at every opening."""

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from index.encoders.weights import sha256_of
from index.errors import DamagedError, FormatError
from index.layout import FORMAT, Layout
from index.vectors.protocol import Structure

_REMAKE = "index the documents again, or pincite builds activate an older build"
_MEND = (
    "pincite builds activate an older build; where there is none, move the collection's folder "
    "aside, delete nothing of it, index its documents again, and upload again what was uploaded: "
    "its bytes are in originals/"
)
_NEWER = (
    "a newer version of Pincite made it: use that one, or pincite builds activate an older build"
)
_OLDER = (
    "pincite index reads its documents again from their originals and makes a build of this "
    "version, and until then nothing of it is lost"
)
_BEFORE_ORIGINALS = (
    "an earlier version of Pincite made it, which kept no originals: move the collection's folder "
    "aside and index its documents' folders again"
)
_FIRST_WITH_ORIGINALS = 3


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each there are; every sentence is a place of one passage."""

    documents: int
    sentences: int
    passages: int
    paragraphs: int
    exact_duplicates: int
    near_duplicates: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A build's identity: what made it, what is in it, and the SHA-256 of each of its files."""

    build: str
    created_at: str  # ISO 8601, UTC
    encoder: str
    dim: int
    weights_sha256: str
    engine: str
    rules: str  # names all that decides text, sentences and passages
    synonyms_sha256: str  # of the site's list, "" where there is none
    counts: Counts
    dense: Structure
    files: Mapping[str, str]  # path inside the build -> SHA-256
    format: int = FORMAT

    def to_json(self) -> str:
        """Return the sealed text of manifest.json."""
        body = asdict(self)
        return json.dumps({**body, "seal": _seal(body)}, indent=2, sort_keys=True) + "\n"

    def sha256(self) -> str:
        """Return one number for the whole build: it covers every file through its hash."""
        return sha256(self.to_json().encode()).hexdigest()


def read_manifest(layout: Layout) -> Manifest:
    """Read and check manifest.json itself; DamagedError if it is not as it was written."""
    try:
        text = layout.manifest.read_bytes().decode()
    except (OSError, ValueError) as error:
        raise DamagedError(f"{layout.manifest}: cannot be read ({error}); {_MEND}") from error
    return manifest_of(text, str(layout.manifest))


def manifest_of(text: str, where: str) -> Manifest:
    """Read and check the text of a manifest, which is at `where`."""
    try:
        body: dict[str, Any] = json.loads(text)
        if body.get("format") != FORMAT:
            way_out = _way_out(body.get("format"))
            raise FormatError(
                f"{where}: a build of format {body.get('format')}, this version reads "
                f"{FORMAT}; {way_out}",
                readable_again=way_out == _OLDER,
            )
        del body["seal"]
        counts, dense = Counts(**body["counts"]), Structure(**body["dense"])
        manifest = Manifest(**{**body, "counts": counts, "dense": dense})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"{where}: cannot be read ({error}); {_MEND}") from error
    if manifest.to_json() != text:
        raise DamagedError(f"{where}: changed since it was written; {_MEND}")
    return manifest


def check_engine(manifest: Manifest, engine: str, where: str) -> None:
    """Check that a build is stored as `engine` reads it, whose name ends in a number.

    FormatError where another version of that engine stored it.
    """
    if manifest.engine != engine:
        newer = _number(manifest.engine) > _number(engine)
        raise FormatError(
            f"{where}: stored as {manifest.engine}, this version reads {engine}; "
            f"{_NEWER if newer else _OLDER}",
            readable_again=not newer,
        )


def check_files(layout: Layout, manifest: Manifest, *, but: Path | None = None) -> None:
    """Check that each file of a build is there and is what was written; DamagedError if not.

    `but` is a file that was checked before. As many are read at once as there are cores.
    """
    paths = [layout.folder / name for name in manifest.files if layout.folder / name != but]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for _ in pool.map(lambda path: check_file(path, layout, manifest), paths):
            pass  # the first fault, in the manifest's order, is raised


def check_file(path: Path, layout: Layout, manifest: Manifest) -> None:
    """Check one file of a build; all can be made again from the documents' originals."""
    _check(path, manifest.files.get(path.relative_to(layout.folder).as_posix()))


def check_listed(layout: Layout, path: Path) -> bool:
    """Check one file of a build of any format; False where that format has no such file.

    How a manifest is sealed, and how it lists the files, all formats have in common.
    """
    try:
        body = json.loads(layout.manifest.read_bytes().decode())
        seal = body.pop("seal")
        expected = body["files"].get(path.relative_to(layout.folder).as_posix())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"{layout.manifest}: cannot be read ({error}); {_MEND}") from error
    if seal != _seal(body):
        raise DamagedError(f"{layout.manifest}: changed since it was written; {_MEND}")
    if expected is None:
        return False
    _check(path, expected)
    return True


def _check(path: Path, expected: str | None) -> None:
    try:
        found = sha256_of(path)
    except OSError as error:
        raise DamagedError(
            f"{path}: missing or unreadable ({error.strerror}); {_REMAKE}"
        ) from error
    if found != expected:
        raise DamagedError(f"{path}: damaged (its SHA-256 is not the manifest's); {_REMAKE}")


def _way_out(found: object) -> str:
    if not isinstance(found, int):
        return _MEND
    if found > FORMAT:
        return _NEWER
    return _OLDER if found >= _FIRST_WITH_ORIGINALS else _BEFORE_ORIGINALS


def _number(engine: str) -> int:
    number = engine.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _seal(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
