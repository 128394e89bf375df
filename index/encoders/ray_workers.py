"""Passages encoded by the workers of a Ray cluster (Moritz et al. 2018), for large collections.

The one module that knows Ray. A batch of passages is a task: Ray gives it to a worker that is
free, and to another where that one dies. Each worker opens the encoder by the same name and shows,
before its first batch, that it gives the very vectors that this process gives. Questions never
come here: a bulk encoder encodes them itself, in this process.
"""

import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Protocol
from urllib.parse import urlsplit

import numpy as np

from index.encoders.opening import open_encoder
from index.encoders.protocol import Encoder, Vectors
from index.errors import EncoderError

INSTALL = "pip install 'pincite[ray]'"

AHEAD = 3
"""Batches handed out for each processor of the cluster: no more texts than that are on the way."""
TRIES = 4
"""How many workers may die over one batch until it is given up."""
PATIENCE_SECONDS = 60.0
"""How long a batch waits in a cluster that has no worker."""
_PROBES = (
    "Take 5 mg of baclofen three times a day.",
    "Do not stop the tablets suddenly: stopping all at once can cause fits and confusion.",
    "spasms " * 60,
    "¿Cuánto dura un espasmo? Entre 60 y 90 segundos.",
)


class _Reference(Protocol):
    """A result that is on its way."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a worker has to be: the encoder by this name, with these weights and these vectors."""

    opened_as: str
    home: str
    name: str
    weights_sha256: str
    probes_sha256: str


def expected_of(encoder: Encoder, opened_as: str, home: Path | None = None) -> Expected:
    """Return what a worker has to be to stand in for `encoder`."""
    return Expected(
        opened_as,
        str(home or ""),
        encoder.name,
        encoder.weights_sha256,
        _digest_of_probes(encoder),
    )


class RayEncoder:
    """An encoder whose batches of passages are encoded by a Ray cluster; a `BulkEncoder`."""

    def __init__(
        self, address: str, opened_as: str, encoder: Encoder, home: Path | None = None
    ) -> None:
        self._address = address
        self._encoder = encoder
        self._opened_as = opened_as
        self._home = home

    @property
    def name(self) -> str:
        """The encoder's own name: who did the work changes no vector."""
        return self._encoder.name

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self._encoder.dim

    @property
    def weights_sha256(self) -> str:
        """SHA-256 of the weights in use, here and at every worker."""
        return self._encoder.weights_sha256

    def encode_questions(self, questions: Sequence[str]) -> Vectors:
        """Encode questions in this process."""
        return self._encoder.encode_questions(questions)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages in this process."""
        return self._encoder.encode_passages(passages)

    def encode_batches(self, batches: Iterable[Sequence[str]]) -> Iterator[Vectors]:
        """Encode batches of passages at the workers; yield the vectors of each, in their order.

        EncoderError where the cluster cannot be reached, a worker is not the same encoder, or a
        batch has cost several workers their lives.
        """
        waiting = iter(batches)
        first = next(waiting, None)
        if first is None:
            return
        expected = expected_of(self._encoder, self._opened_as, self._home)
        with _connected(self._address) as cluster:
            under_way = deque([cluster.submit(expected, list(first))])
            for batch in waiting:
                if len(under_way) >= cluster.processors * AHEAD:
                    yield self._checked(cluster.result(under_way.popleft()))
                under_way.append(cluster.submit(expected, list(batch)))
            while under_way:
                yield self._checked(cluster.result(under_way.popleft()))

    def _checked(self, result: "Vectors | str") -> Vectors:
        if isinstance(result, str):
            raise EncoderError(f"{result}; nothing was published")
        return result


def over_ray(
    address: str, opened_as: str, encoder: Encoder, home: Path | None = None
) -> RayEncoder:
    """Return `encoder`, opened by the name `opened_as`, with a cluster's workers to help it.

    `address` is `ray://HOST:PORT`, a Ray client server. EncoderError where Ray is not installed.
    """
    where = urlsplit(address)
    if where.scheme != "ray" or not where.hostname or not where.port:
        raise EncoderError(f"{address}: a Ray cluster's address is ray://HOST:PORT")
    _import_ray()
    return RayEncoder(address, opened_as, encoder, home)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """A connection to a cluster: how many processors it has, and how work is given and taken."""

    processors: int
    submit: Callable[[Expected, list[str]], _Reference]
    result: Callable[[_Reference], "Vectors | str"]


@contextmanager
def _connected(address: str) -> Iterator[_Cluster]:
    ray = _import_ray()
    where = urlsplit(address)
    try:
        # Ray itself tries for half a minute, and says less.
        socket.create_connection((where.hostname or "", where.port or 0), timeout=10).close()
        ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # whatever gRPC and Ray raise
        raise EncoderError(
            f"{address}: no Ray cluster answers here ({_first_line(error)}); start one, or index "
            "without it; nothing was published"
        ) from error
    try:
        work = ray.remote(num_cpus=1, max_retries=TRIES - 1)(encode_at_worker)
        processors = max(1, int(ray.cluster_resources().get("CPU", 1)))
        yield _Cluster(processors, work.remote, partial(_result, ray, address))
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise EncoderError(
            f"{address}: a batch could not be encoded ({_first_line(error)}); this version of "
            "Pincite has to be installed at every worker; nothing was published"
        ) from error
    finally:
        ray.shutdown()


def _result(ray: ModuleType, address: str, reference: _Reference) -> "Vectors | str":
    alone_since = None
    while not ray.wait([reference], timeout=min(5.0, PATIENCE_SECONDS))[0]:
        nodes = (node["Resources"] for node in ray.nodes() if node["Alive"])
        if any(resources.get("CPU") for resources in nodes):
            alone_since = None
            continue
        alone_since = alone_since or time.monotonic()
        if time.monotonic() - alone_since >= PATIENCE_SECONDS:
            raise EncoderError(
                f"{address}: no worker is left in the cluster; start some with `ray start "
                "--address`, then index again; nothing was published"
            )
    result: Vectors | str = ray.get(reference)
    return result


def encode_at_worker(expected: Expected, passages: list[str]) -> "Vectors | str":
    """Encode passages in a worker's process; a text says why this worker is not to be used."""
    try:
        return _opened(expected).encode_passages(passages)
    except EncoderError as error:
        return f"the worker at {socket.gethostname()} is of no use: {error}"


@cache
def _opened(expected: Expected) -> Encoder:
    # A worker without the export makes its own, in a HOME of the same name on its machine.
    home = Path(expected.home) if expected.home else None
    encoder = open_encoder(expected.opened_as, home, making=True)
    if (encoder.name, encoder.weights_sha256) != (expected.name, expected.weights_sha256):
        raise EncoderError(
            f"its encoder is {encoder.name} (weights {encoder.weights_sha256[:16]}), and here it "
            f"is {expected.name} (weights {expected.weights_sha256[:16]}); install the same "
            "version of Pincite and of the model"
        )
    if _digest_of_probes(encoder) != expected.probes_sha256:
        raise EncoderError(
            f"its vectors by {encoder.name} are not those of this process, bit for bit; use "
            "machines with the same kind of processor and the same libraries"
        )
    return encoder


def _digest_of_probes(encoder: Encoder) -> str:
    vectors = encoder.encode_passages(_PROBES)
    return sha256(np.ascontiguousarray(vectors).tobytes()).hexdigest()


def _import_ray() -> ModuleType:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when it is imported
    try:
        import ray  # noqa: PLC0415 - when asked for
    except ImportError as error:
        raise EncoderError(
            f"Ray is not installed, so no other machine can help to encode; {INSTALL}"
        ) from error
    module: ModuleType = ray
    return module


def _first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
