"""Passages encoded by the workers of a real Ray cluster, on loopback."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.collection import Collection
from index.encoders import ray_workers
from index.encoders.hashing import HashingEncoder
from index.encoders.opening import open_bulk
from index.encoding import encode
from index.errors import EncoderError
from service.settings import Settings
from tests.processes import one_line, run
from tests.ray_cluster import (
    POISON,
    RayCluster,
    UnhurriedEncoder,
    arithmetic,
    open_unhurried,
    ray_cluster,
    why_not,
)
from tests.slow.leaflets import sentence, write_leaflets

UNHURRIED = "tests.ray_cluster:open_unhurried"

needs_ray = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """Run a cluster with two workers; its library's warnings are its own."""
    with ray_cluster(2) as started:
        yield started


def _expected(encoder: HashingEncoder, **changes: str) -> ray_workers.Expected:
    found = ray_workers.expected_of(encoder, "hashing:")
    return replace(found, **changes)


@needs_ray
@pytest.mark.filterwarnings("default")
def test_the_bits_are_those_of_one_process_though_a_worker_is_killed(cluster: RayCluster) -> None:
    """No batch is lost or changes its place, and few are handed out before they are wanted."""
    texts = [[sentence(10 * number + one) for one in range(10)] for number in range(40)]
    taken: list[int] = []

    def batches() -> Iterator[list[str]]:
        for number, batch in enumerate(texts):
            taken.append(number)
            yield batch

    alone = open_unhurried()
    bulk = open_bulk(cluster.address, UNHURRIED, alone)
    assert isinstance(bulk, ray_workers.RayEncoder)
    for number, vectors in enumerate(bulk.encode_batches(batches())):
        assert vectors.tobytes() == HashingEncoder().encode_passages(texts[number]).tobytes()
        assert len(taken) <= number + 2 * ray_workers.AHEAD + 2
        if number == 3:
            cluster.kill_a_worker()
    assert number == len(texts) - 1
    assert (bulk.name, bulk.dim, bulk.weights_sha256) == (alone.name, alone.dim, "")


@needs_ray
def test_an_index_is_the_same_file_by_file(cluster: RayCluster, tmp_path: Path) -> None:
    """`pincite index --embed-with` writes the vectors that one process writes."""
    write_leaflets(tmp_path / "source", 300)
    for name, more in (("alone", []), ("many", ["--embed-with", cluster.address])):
        done = run(tmp_path / name, "index", tmp_path / "source", *more, **arithmetic())
        assert done.returncode == 0, done.stderr
    alone, many = (
        Collection(tmp_path / name, "default").published().layout for name in ("alone", "many")
    )
    assert len(np.load(alone.vectors)) > 256
    assert alone.vectors.read_bytes() == many.vectors.read_bytes()
    assert alone.paragraphs.read_bytes() == many.paragraphs.read_bytes()


@needs_ray
@pytest.mark.filterwarnings("default")
def test_what_cannot_be_encoded_is_given_up(
    cluster: RayCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that kills its workers, after so many tries; any batch, where no worker is left."""
    bulk = open_bulk(cluster.address, UNHURRIED, UnhurriedEncoder())
    with pytest.raises(EncoderError, match=f"{cluster.address}: a batch could not be encoded"):
        encode(["Before.", POISON], None, bulk, "", lambda *_: None)
    vectors = encode(["After."], None, bulk, "", lambda *_: None)
    assert vectors.tobytes() == HashingEncoder().encode_passages(["After."]).tobytes()
    cluster.stop_workers()
    monkeypatch.setattr(ray_workers, "PATIENCE_SECONDS", 1.0)
    with pytest.raises(EncoderError, match="no worker is left in the cluster"):
        encode(["Nobody."], None, bulk, "", lambda *_: None)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": "another"}, "its encoder is hashing/64"),
        ({"weights_sha256": "0123"}, "weights 0123"),
        ({"probes_sha256": "0123"}, "not those of this process, bit for bit"),
        ({"opened_as": "nobody"}, "no encoder is called 'nobody'"),
    ],
)
def test_a_worker_that_is_not_the_same_encoder_encodes_nothing(
    changes: dict[str, str], why: str
) -> None:
    """Another model, other weights, a processor that rounds otherwise: the fault says which."""
    expected = _expected(HashingEncoder(), **changes)
    said = ray_workers.encode_at_worker(expected, ["A sentence."])
    assert isinstance(said, str)
    assert why in said


def test_a_worker_that_is_the_same_encodes() -> None:
    """The vectors are the encoder's own."""
    encoder = HashingEncoder()
    said = ray_workers.encode_at_worker(_expected(encoder), ["A sentence."])
    assert not isinstance(said, str)
    assert said.tobytes() == encoder.encode_passages(["A sentence."]).tobytes()


@needs_ray
def test_questions_and_small_work_stay_in_this_process() -> None:
    """Nobody answers at the address, and nobody is asked."""
    bulk = open_bulk("ray://127.0.0.1:1", "hashing:", HashingEncoder())
    plain = HashingEncoder()
    assert bulk.encode_questions(["Why?"]).tobytes() == plain.encode_questions(["Why?"]).tobytes()
    assert bulk.encode_passages(["So."]).tobytes() == plain.encode_passages(["So."]).tobytes()
    assert encode([], None, bulk, "", lambda *_: None).shape == (0, 64)


@needs_ray
def test_a_cluster_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """The command says where it looked, and publishes nothing."""
    write_leaflets(tmp_path / "source", 50)
    done = run(
        tmp_path / "home", "index", tmp_path / "source", PINCITE_EMBED_WITH="ray://127.0.0.1:1"
    )
    assert done.returncode == 1
    assert "ray://127.0.0.1:1: no Ray cluster answers here" in one_line(done.stderr)
    assert Collection(tmp_path / "home", "default").current() is None


@pytest.mark.parametrize("address", ["dask://127.0.0.1:1", "ray:", "ray://127.0.0.1", "auto"])
def test_an_address_that_names_nobody_is_refused(address: str) -> None:
    """At once, with what is known instead."""
    with pytest.raises(EncoderError, match="ray://"):
        open_bulk(address, "hashing:", HashingEncoder())


def test_without_ray_the_fault_is_the_command_that_installs_it() -> None:
    """Nothing else of Pincite needs it."""
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "from index.encoders.hashing import HashingEncoder\n"
        "from index.encoders.opening import open_bulk\n"
        "open_bulk('ray://127.0.0.1:1', 'hashing:', HashingEncoder())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'pincite[ray]'" in done.stderr.splitlines()[-1]
    assert Settings().embed_with == "none"
