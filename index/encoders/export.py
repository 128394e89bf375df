"""An export on disk: one ONNX graph with its tokenizer, and a sealed manifest of what it is.

HOME/encoders/
    LOCK              held by the one process that exports
    NAME-1a2b3c4d/    one for each name in a setting
        manifest.json   sealed: what it was made of, how near it is, SHA-256 of the other two
        model.onnx      transformer, pooling and normalising in one
        tokenizer.json
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from index.encoders import weights
from index.errors import EncoderError

FORMAT = 1
_SLUG = 40


@dataclass(frozen=True, slots=True)
class Parity:
    """How near an export is to its source on a fixed set of texts, as cosines."""

    texts: int
    least: float
    mean: float


@dataclass(frozen=True, slots=True)
class Export:
    """What an export is.

    `asked` is the name in the setting, `name` the encoder's full one. A text is cut at `longest`
    tokens; `padding` is the token that fills up a batch. `marks` are put before a question and
    before a passage. `versions` are of the libraries that made it.
    """

    asked: str
    name: str
    source_sha256: str
    weights_sha256: str
    precision: str
    dim: int
    longest: int
    padding: int
    question_mark: str
    passage_mark: str
    parity: Parity
    files: Mapping[str, str]  # name -> SHA-256
    versions: Mapping[str, str]
    format: int = FORMAT

    def to_json(self) -> str:
        """Return the sealed text of manifest.json."""
        body = asdict(self)
        return json.dumps({**body, "seal": _seal(body)}, indent=2, sort_keys=True) + "\n"


def folder_of(encoders: Path, asked: str) -> Path:
    """Return where the export for a name in a setting is, or would be, under HOME/encoders."""
    last = asked.removesuffix("/").rsplit("/", 1)[-1]
    slug = re.sub(r"[^a-z0-9]+", "-", last.lower())[:_SLUG].strip("-") or "model"
    return encoders / f"{slug}-{sha256(asked.encode()).hexdigest()[:8]}"


def read(folder: Path) -> Export:
    """Read and check an export and its files; EncoderError says what is wrong with it."""
    try:
        text = (folder / "manifest.json").read_bytes().decode()
        body: dict[str, Any] = json.loads(text)
        del body["seal"]
        export = Export(**{**body, "parity": Parity(**body["parity"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderError(f"{folder / 'manifest.json'}: cannot be read ({error})") from error
    if export.format != FORMAT or export.to_json() != text:
        raise EncoderError(
            f"{folder / 'manifest.json'}: changed since it was written, or of another version"
        )
    for name, expected in export.files.items():
        try:
            found = weights.sha256_of(folder / name)
        except OSError as error:
            raise EncoderError(f"{folder / name}: cannot be read ({error.strerror})") from error
        if found != expected:
            raise EncoderError(f"{folder / name}: damaged, its SHA-256 is not the manifest's")
    return export


def _seal(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
