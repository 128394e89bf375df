"""The export of a sentence-transformers model to one ONNX graph, checked against the model itself.

`export_of` starts this module as a process of its own, so that no process that serves ever loads
torch; the only module that knows torch, sentence-transformers and the tools of ONNX. A transformer
with its pooling and normalising becomes one graph; the graph then encodes a fixed set of texts
beside `SentenceTransformer.encode`, and is thrown away unless each is as near as it must be.
"""

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from index.encoders import weights
from index.encoders.export import Export, Parity
from index.encoders.onnx_graph import OnnxGraph
from index.encoders.source import Source
from index.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

LEAST_COSINE = {"fp32": 0.9999, "int8": 0.95}
"""How near the worst text of the set must be to the model's own vector."""

_TOOLS = ("torch", "transformers", "sentence-transformers", "onnx", "onnxscript", "onnxruntime")
_MISSING = "pip install torch==2.13.0 sentence-transformers onnx onnxscript"
_MODULES = {"Transformer", "Pooling", "Dense", "LayerNorm", "Normalize"}
_PROGRAM = (
    "import sys; sys.path[:] = sys.argv[1:]; from index.encoders.exporting import main; main()"
)
_KNOWN_FAULT = 3
_LONGEST_LINE = 400


def make(source: Source, asked: str, precision: str, folder: Path) -> None:
    """Write graph, tokenizer and manifest into `folder`, which is empty; in another process.

    EncoderError says what is missing, or why this model cannot be exported.
    """
    wanted = {
        "source": asdict(source),
        "asked": asked,
        "precision": precision,
        "folder": str(folder),
    }
    environment = {**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1", "ORT_DISABLE_TELEMETRY": "1"}
    if not source.download:
        # Without it even a model in a folder may make its library look for updates.
        environment["HF_HUB_OFFLINE"] = "1"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-I", "-c", _PROGRAM, *map(os.path.abspath, sys.path)],
        input=json.dumps(wanted),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == _KNOWN_FAULT:
        raise EncoderError(done.stdout.strip().splitlines()[-1])
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise EncoderError(
            f"{asked}: the export ended before it was done ({last}); it needs about 2 GB of "
            "memory and three times the model's size on disk"
        )


def main() -> None:
    """Be the process that exports: what is wanted comes as JSON, a known fault leaves as a line."""
    wanted = json.load(sys.stdin)
    warnings.simplefilter("ignore")
    try:
        _make(
            Source(**wanted["source"]),
            wanted["asked"],
            wanted["precision"],
            Path(wanted["folder"]),
        )
    except EncoderError as error:
        print(" ".join(str(error).split())[:_LONGEST_LINE])  # noqa: T201 - what the parent reads
        sys.exit(_KNOWN_FAULT)


def _make(source: Source, asked: str, precision: str, folder: Path) -> None:
    _check_tools(asked)
    model = _load(source)
    _check_modules(model, asked)
    graph = folder / "model.onnx"
    _write_graph(model, graph, asked)
    kind = ""
    if precision == "int8":
        from index.encoders.quantising import SCHEME, quantise  # noqa: PLC0415 - knows onnx

        quantise(graph)
        kind = f"-{SCHEME}"
    tokenizer = model.tokenizer
    if not tokenizer.is_fast:
        raise EncoderError(f"{asked}: its tokenizer has no fast form, and so no tokenizer.json")
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    marks = {name: mark or "" for name, mark in (model.prompts or {}).items()}
    default = marks.get(model.default_prompt_name or "", "")
    longest = int(model.max_seq_length or tokenizer.model_max_length)
    export = Export(
        asked=asked,
        name="",
        source_sha256=source.sha256,
        weights_sha256=source.weights_sha256,
        precision=precision,
        dim=int(model.get_embedding_dimension() or 0),
        longest=longest,
        padding=int(tokenizer.pad_token_id or 0),
        question_mark=_first(marks, ("query", "question"), default),
        passage_mark=_first(marks, ("document", "passage", "corpus"), default),
        parity=Parity(0, 0.0, 0.0),
        files={name: weights.sha256_of(folder / name) for name in ("model.onnx", "tokenizer.json")},
        versions={tool: version(tool) for tool in _TOOLS},
    )
    revision = source.revision or _digest_of(model)
    export = replace(
        export,
        name=f"{source.model}{kind}@{revision}/{longest}",
        parity=_parity(model, folder, export),
    )
    (folder / "manifest.json").write_text(export.to_json(), encoding="utf-8")


def _check_tools(asked: str) -> None:
    try:
        import onnx  # noqa: F401, PLC0415 - seconds, when asked for
        import onnxscript  # noqa: F401, PLC0415
        import sentence_transformers  # noqa: F401, PLC0415
        import torch  # noqa: F401, PLC0415
    except ImportError as error:
        raise EncoderError(
            f"{asked}: exporting it needs {error.name}, which is not installed; {_MISSING}"
        ) from error


def _load(source: Source) -> "SentenceTransformer":
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    logging.disable_progress_bar()  # type: ignore[no-untyped-call] # the library's
    try:
        return SentenceTransformer(
            source.where, device="cpu", local_files_only=not source.download
        ).eval()
    except Exception as error:  # the library raises whatever its many loaders raise
        raise EncoderError(f"{source.where}: the model cannot be loaded: {error}") from error


def _check_modules(model: "SentenceTransformer", asked: str) -> None:
    kinds = [type(module).__name__ for module in model]
    unknown = [kind for kind in kinds if kind not in _MODULES]
    if unknown or kinds[:2] != ["Transformer", "Pooling"]:
        raise EncoderError(
            f"{asked}: a model of {', '.join(kinds)} cannot be exported; what can begins with "
            f"Transformer and Pooling, and has none but {', '.join(sorted(_MODULES))}"
        )
    if any(model.prompts.values()) and not getattr(model[1], "include_prompt", True):
        raise EncoderError(f"{asked}: its pooling leaves out its prompt; such a model is not known")


def _write_graph(model: "SentenceTransformer", path: Path, asked: str) -> None:
    import torch  # noqa: PLC0415

    from index.encoders.trimming import trim  # noqa: PLC0415 - knows onnx

    class Graph(torch.nn.Module):
        """The model's own modules in a row, with the normalising that the house asks for."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList(list(model))

        def forward(
            self,
            input_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            token_type_ids: torch.Tensor | None = None,
        ) -> torch.Tensor:
            features: dict[str, Any] = {"input_ids": input_ids, "attention_mask": attention_mask}
            if token_type_ids is not None:
                features["token_type_ids"] = token_type_ids
            for part in self.parts:
                features = part(features)
            return torch.nn.functional.normalize(features["sentence_embedding"], p=2, dim=1)

    example = model.preprocess(["two texts", "of which one is longer than the other"])
    known = ("input_ids", "attention_mask", "token_type_ids")
    inputs = {name: example[name] for name in known if name in example}
    batch = torch.export.Dim("batch", min=1, max=65_536)
    length = torch.export.Dim("length", min=2, max=int(model.max_seq_length or 512))
    try:
        program = torch.onnx.export(
            Graph().eval(),
            tuple(inputs.values()),
            dynamo=True,
            verbose=False,
            input_names=list(inputs),
            # Not "embedding": a name inside the graph, and then the file cannot be opened.
            output_names=["sentence_embedding"],
            dynamic_shapes={name: {0: batch, 1: length} for name in inputs},
        )
        assert program is not None
        program.save(str(path), external_data=False)
    except Exception as error:  # tracing raises whatever the model's own code does
        why = error.__cause__ or error
        raise EncoderError(f"{asked}: the model cannot be exported: {why}") from error
    trim(path)


def _parity(model: "SentenceTransformer", folder: Path, export: Export) -> Parity:
    graph = OnnxGraph(folder, export.longest, padding=export.padding)
    pairs = []
    for kind, mark in (("question", export.question_mark), ("passage", export.passage_mark)):
        texts = [mark + text for text in parity_texts(export.longest)]
        expected = model.encode(
            texts, prompt="", normalize_embeddings=True, show_progress_bar=False
        )
        together = np.array(graph.run([(text, None) for text in texts]))
        alone = np.array([graph.run([(text, None)])[0] for text in texts])
        pairs += [(expected, together), (expected, alone)]
        if kind == "question" and export.question_mark == export.passage_mark:
            break
    cosines = np.concatenate([np.sum(one * other, axis=1) for one, other in pairs])
    found = Parity(len(cosines), float(cosines.min()), float(cosines.mean()))
    if not found.least >= LEAST_COSINE[export.precision]:
        raise EncoderError(
            f"{export.asked}: the exported graph is not the model: on {found.texts} texts the "
            f"least cosine is {found.least:.6f}, and must be {LEAST_COSINE[export.precision]}; "
            "use another model or another precision"
        )
    return found


def parity_texts(longest: int) -> list[str]:
    """Return texts of every length up to beyond `longest` words, plain and odd."""
    words = (
        "the nurse will call you before each visit and ask how long your spasms last, "
        "whether Baclofen 5 mg helps at night; and what makes it worse"
    ).split()
    lengths = sorted({*range(1, 40, 3), *(longest * part // 16 for part in range(1, 20)), 2})
    texts = [" ".join(words[at % len(words)] for at in range(length)) for length in lengths]
    odd = [
        "",
        "?!",
        "  spaces  around ",
        "UPPER CASE",
        "caf\u00e9 \u260f \U0001f600",
        "\u4f60\u597d",
    ]
    return [*texts, *odd]


def _digest_of(model: "SentenceTransformer") -> str:
    """Return eight digits for the weights of a model whose files nobody has named."""
    from hashlib import sha256  # noqa: PLC0415

    digest = sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()[:8]


def _first(marks: dict[str, str], names: Sequence[str], default: str) -> str:
    return next((marks[name] for name in names if marks.get(name)), default)
