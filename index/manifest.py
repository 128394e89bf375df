"""What a build is: written last, sealed, checked at every opening."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from index.encoders.weights import sha256_of
from index.errors import DamagedError
from index.layout import FORMAT, Layout

_MEND = "pincite builds activate an older build, or index the documents again"


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
        body: dict[str, Any] = json.loads(layout.manifest.read_text(encoding="utf-8"))
        if body.get("format") != FORMAT:
            raise DamagedError(
                f"{layout.folder}: a build of format {body.get('format')}, this version reads "
                f"{FORMAT}; index the documents again"
            )
        seal = body.pop("seal")
        if seal != _seal(body):
            raise DamagedError(f"{layout.manifest}: changed since it was written; {_MEND}")
        return Manifest(**{**body, "counts": Counts(**body["counts"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"{layout.manifest}: cannot be read ({error}); {_MEND}") from error


def check_files(layout: Layout, manifest: Manifest) -> None:
    """Check that each file of a build is there and is what was written; DamagedError if not."""
    for name, expected in manifest.files.items():
        path = layout.folder / name
        try:
            found = sha256_of(path)
        except OSError as error:
            raise DamagedError(
                f"{path}: missing or unreadable ({error.strerror}); {_MEND}"
            ) from error
        if found != expected:
            raise DamagedError(f"{path}: damaged (its SHA-256 is not the manifest's); {_MEND}")


def _seal(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
