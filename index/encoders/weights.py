"""Whether a weights file is the one it should be."""

import hashlib
from pathlib import Path

from index.errors import EncoderError


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check(path: Path, expected: str) -> str:
    """Return the SHA-256 of `path`; EncoderError if it is not `expected`."""
    found = sha256_of(path)
    if found != expected:
        raise EncoderError(
            f"{path}: the model's weights have SHA-256 {found[:16]}…, expected {expected[:16]}…; "
            "install the package again"
        )
    return found
