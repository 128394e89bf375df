import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.encoders import exporting
from index.encoders.export import folder_of
from index.encoders.exported import ExportedEncoder
from index.encoders.exporting import parity_texts
from index.encoders.opening import open_encoder
from index.errors import EncoderError
from tests.models import write_model
from tests.processes import one_line, run

_REFERENCE = """
import json, sys
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
texts = json.load(sys.stdin)
print(json.dumps([
    getattr(model, f"encode_{kind}")(texts, normalize_embeddings=True).tolist()
    for kind in ("query", "document")
]))
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small model with CLS pooling and words before its questions."""
    folder = tmp_path_factory.mktemp("models") / "small"
    return write_model(folder, pooling="cls", prompts={"query": "ask: ", "document": ""})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """Return a HOME with the export of that model."""
    home = tmp_path_factory.mktemp("home")
    open_encoder(f"sentence-transformers:{model}", home, making=True)
    return home


@pytest.fixture
def own(tmp_path: Path, home: Path) -> Path:
    """Return a copy of that HOME, to be spoilt."""
    return Path(shutil.copytree(home, tmp_path / "own"))


def _opened(home: Path, model: Path, *, making: bool = False) -> ExportedEncoder:
    encoder = open_encoder(f"sentence-transformers:{model}", home, making=making)
    assert isinstance(encoder, ExportedEncoder)
    return encoder


def _folder(home: Path, model: Path) -> Path:
    return folder_of(home / "encoders", f"sentence-transformers:{model}")


def test_vectors_are_those_of_the_library(home: Path, model: Path) -> None:
    """Questions and passages of every length, with pooling and prompts as the model has them."""
    texts = parity_texts(64)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _REFERENCE, model],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    questions, passages = (np.array(rows, np.float32) for rows in json.loads(done.stdout))
    encoder = _opened(home, model)
    assert np.sum(encoder.encode_questions(texts) * questions, axis=1).min() > 0.9999
    assert np.sum(encoder.encode_passages(texts) * passages, axis=1).min() > 0.9999
    assert np.sum(questions * passages, axis=1).min() < 0.999  # the words before them matter


def test_the_manifest_says_what_it_is_and_how_near(home: Path, model: Path) -> None:
    """Name from the source's files, parity above the bound, a digest of every file."""
    export = _opened(home, model).export
    assert export.name == f"small@{export.source_sha256[:8]}/64"
    assert (export.question_mark, export.passage_mark) == ("ask: ", "")
    assert export.parity.least >= 0.9999
    assert {*export.files} == {"model.onnx", "tokenizer.json"}
    assert export.versions["torch"].startswith("2.")


def test_what_is_there_and_the_same_is_not_made_again(
    home: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening it to build with starts no export."""
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert _opened(home, model, making=True).dim == 16


def test_without_an_export_serving_says_what_makes_it(tmp_path: Path, model: Path) -> None:
    """No slow way round: a fault that names the command; and nothing is written."""
    with pytest.raises(EncoderError, match="serving makes none; pincite export makes it"):
        _opened(tmp_path, model)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_damaged_file_is_refused(own: Path, model: Path, name: str) -> None:
    """One byte changed in the graph or the tokenizer, and the file is named with its mend."""
    path = _folder(own, model) / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(EncoderError, match=rf"{name}: damaged.*pincite export makes it again"):
        _opened(own, model)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('"dim": 16', '"dim": 17'),
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text[: len(text) // 2],
        lambda _text: "{}",
        lambda _text: "[]",
    ],
)
def test_a_changed_manifest_is_refused(own: Path, model: Path, spoil: object) -> None:
    """A value changed, another version, a torn file: each is refused with its mend."""
    assert callable(spoil)
    path = _folder(own, model) / "manifest.json"
    path.write_text(spoil(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(EncoderError, match=r"manifest\.json: .*pincite export makes it again"):
        _opened(own, model)


def test_an_export_whose_source_is_gone_is_as_good_as_it_was(
    own: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HOME carried to a machine without the model or torch goes on building."""
    name = f"sentence-transformers:{model}"
    model.rename(model.with_name("away"))
    try:
        monkeypatch.setattr(sys, "executable", "/no/such/python")
        assert open_encoder(name, own, making=True).dim == 16
    finally:
        model.with_name("away").rename(model)


def test_another_source_is_exported_anew_when_building(own: Path, tmp_path: Path) -> None:
    """Other weights in the same folder: serving keeps the old export, building makes a new one."""
    model = write_model(tmp_path / "changing", seed=2)
    first = _opened(own, model, making=True)
    shutil.rmtree(model)
    write_model(model, seed=3)
    assert _opened(own, model).name == first.name
    second = _opened(own, model, making=True)
    assert second.name != first.name
    assert second.weights_sha256 != first.weights_sha256
    assert _opened(own, model).name == second.name
    assert not list((own / "encoders").glob(".making-*"))


def test_a_model_with_an_unknown_module_is_refused(tmp_path: Path) -> None:
    """What could behave otherwise in a graph is named, and nothing is left behind."""
    model = write_model(tmp_path / "other", more=["Dropout"])
    with pytest.raises(EncoderError, match="a model of Transformer, Pooling, Dropout cannot be"):
        _opened(tmp_path, model, making=True)
    assert [path.name for path in (tmp_path / "encoders").iterdir()] == ["LOCK"]


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    """A folder that holds no model is named."""
    with pytest.raises(EncoderError, match=r"no weights \(\*\.safetensors\) in this folder"):
        open_encoder(f"sentence-transformers:{tmp_path}", tmp_path, making=True)


def test_a_folder_whose_model_is_broken_is_refused(tmp_path: Path) -> None:
    """What the model's library raises becomes one known fault."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"garbage")
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}), encoding="utf-8")
    with pytest.raises(EncoderError, match="the model cannot be loaded"):
        open_encoder(f"sentence-transformers:{folder}", tmp_path, making=True)


def test_without_the_tools_the_fault_names_them(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where onnx cannot be imported, the command that installs it is printed."""
    hidden = "import sys; sys.modules['onnx'] = None; " + exporting._PROGRAM.split("; ", 1)[1]
    monkeypatch.setattr(exporting, "_PROGRAM", "import sys; " + hidden.split("; ", 1)[1])
    with pytest.raises(EncoderError, match="needs onnx, which is not installed; pip install"):
        _opened(tmp_path, model, making=True)


def test_a_graph_that_is_not_the_model_is_thrown_away(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the graph strays from the model by more than its bound, there is no export."""
    stricter = exporting._PROGRAM.replace(
        "from index.encoders.exporting import main",
        "from index.encoders.exporting import LEAST_COSINE, main; LEAST_COSINE['int8'] = 1.1",
    )
    monkeypatch.setattr(exporting, "_PROGRAM", stricter)
    with pytest.raises(EncoderError, match=r"the exported graph is not the model: on .* texts"):
        open_encoder(f"sentence-transformers:{model}:int8", tmp_path, making=True)
    assert [path.name for path in (tmp_path / "encoders").iterdir()] == ["LOCK"]


def test_the_shell_exports_indexes_and_asks(tmp_path: Path, model: Path) -> None:
    """`pincite export` prints the parity; asking before it is one line; afterwards all works."""
    name = f"sentence-transformers:{model}"
    (tmp_path / "leaflet.txt").write_text("Drink enough water.\n", encoding="utf-8")
    home = tmp_path / "home"
    done = run(home, "export", PINCITE_ENCODER=name)
    assert done.returncode == 0, done.stderr
    assert "the least cosine with the model itself is 1.0000" in done.stdout
    assert run(home, "index", tmp_path / "leaflet.txt", PINCITE_ENCODER=name).returncode == 0
    shutil.rmtree(home / "encoders")
    asked = run(home, "ask", "water", PINCITE_ENCODER=name)
    assert asked.returncode == 1
    assert "serving makes none" in one_line(asked.stderr)
