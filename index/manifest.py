"""What a build is: written last, sealed, checked at every opening."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from index.encoders.weights import sha256_of
from index.errors import DamagedError
from index.layout import FORMAT, Layout

_REMAKE = "index the documents again, or pincite builds activate an older build"
_MEND = (
    "pincite builds activate an older build; where there is none, delete the collection's folder "
    "and index its documents again"
)


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
        body: dict[str, Any] = json.loads(text)
        if body.get("format") != FORMAT:
            raise DamagedError(
                f"{layout.manifest}: a build of format {body.get('format')}, this version reads "
                f"{FORMAT}; {_MEND}"
            )
        del body["seal"]
        manifest = Manifest(**{**body, "counts": Counts(**body["counts"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"{layout.manifest}: cannot be read ({error}); {_MEND}") from error
    if manifest.to_json() != text:
        raise DamagedError(f"{layout.manifest}: changed since it was written; {_MEND}")
    return manifest


def check_files(layout: Layout, manifest: Manifest) -> None:
    """Check that each file of a build is there and is what was written; DamagedError if not."""
    for name in manifest.files:
        check_file(layout.folder / name, layout, manifest)


def check_file(path: Path, layout: Layout, manifest: Manifest) -> None:
    """Check one file of a build; all but the catalog can be made again from the catalog."""
    mend = _MEND if path == layout.catalog else _REMAKE
    try:
        found = sha256_of(path)
    except OSError as error:
        raise DamagedError(f"{path}: missing or unreadable ({error.strerror}); {mend}") from error
    if found != manifest.files.get(path.relative_to(layout.folder).as_posix()):
        raise DamagedError(f"{path}: damaged (its SHA-256 is not the manifest's); {mend}")


def _seal(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
