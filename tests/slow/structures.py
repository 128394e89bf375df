"""Structures of FAISS side by side: `make structures` prints the table of decision 0017.

All on the same simulated vectors (tests.slow.grown) and questions, one thread, the best candidates
of each compared exactly with the vectors on disk. How much is looked through is raised until
recall@10 reaches the goal, or what the structure has to give ends.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import faiss
import numpy as np

from index.contextual import Contextual
from index.encoders.protocol import Vectors
from index.vectors.protocol import Rows
from index.vectors.recall import AT, nearest, questions, recall, sample
from tests.slow.grown import Grown

_STRUCTURES = (
    "Flat",
    "SQ8",
    "IVF{lists},Flat",
    "IVF{lists},SQ8",
    "IVF{lists},PQ192x4fs",
    "IVF{lists},PQ96x4fs",
    "IVF{lists},RaBitQfs",
    "IVF{lists},RaBitQfs2",
    "IVF{lists},RaBitQfs4",
    "IVF{lists},PQ192x4fs,Refine(SQ4)",
    "HNSW32,SQ8",
)
_GOAL = 0.99
_COMPARED = 200
_AGAIN = 2000
_BLOCK = 65_536


@click.command()
@click.argument("size", type=click.IntRange(min=10_000))
@click.option("--folder", type=click.Path(path_type=Path), required=True)
@click.option("--structure", "structures", multiple=True, default=_STRUCTURES)
def command(size: int, folder: Path, structures: tuple[str, ...]) -> None:
    """Measure STRUCTURES over the vectors of a grown build of SIZE passages."""
    faiss.omp_set_num_threads(1)
    vectors = Grown(folder, size).contextual()
    random = np.random.default_rng(3)
    asked = questions(vectors, random)
    truth = nearest(vectors, asked)
    click.echo("| structure | looked through | recall@10 | p50 ms | bytes a passage | build s |")
    click.echo("|---|---|---|---|---|---|")
    for name in structures:
        lists = 2 ** int(np.log2(min(5 * np.sqrt(size), size / 40, 4096)))
        structure = name.format(lists=lists)
        index, seconds, written = _built(structure, vectors, lists, random, folder)
        effort, found, p50 = _enough(index, vectors, asked, truth)
        click.echo(
            f"| {structure} | {effort} | {found:.3f} | {p50:.2f} | {written / size:.0f} "
            f"| {seconds:.0f} |"
        )


def _built(
    structure: str, vectors: Contextual, lists: int, random: np.random.Generator, folder: Path
) -> tuple[Any, float, int]:
    began = time.process_time()
    index: Any = faiss.index_factory(vectors.shape[1], structure, faiss.METRIC_INNER_PRODUCT)
    inverted = faiss.try_extract_index_ivf(index)
    if inverted is not None:
        inverted.cp.niter = 8
        inverted.cp.max_points_per_centroid = 80
    if not index.is_trained:
        index.train(sample(vectors, 40 * lists, random))
    for start in range(0, vectors.shape[0], _BLOCK):
        index.add(vectors[start : start + _BLOCK])
    seconds = time.process_time() - began
    path = folder / "structure.faiss"
    faiss.write_index(index, str(path))
    written = path.stat().st_size
    path.unlink()
    return index, seconds, written


def _enough(
    index: Any,  # noqa: ANN401 - any of faiss's
    vectors: Contextual,
    asked: Vectors,
    truth: Rows,
) -> tuple[str, float, float]:
    """Raise what is looked through until the goal is reached; return it, recall and p50."""
    effort = "all"
    for setting in (16, 32, 64, 128, 256, 512, 1024, 1536, 2048):
        if (inverted := faiss.try_extract_index_ivf(index)) is not None:
            inverted.nprobe = min(setting, inverted.nlist)
            effort = f"{inverted.nprobe} of {inverted.nlist} lists"
            if isinstance(index, faiss.IndexRefine):
                index.k_factor = _AGAIN / _COMPARED
        elif isinstance(index, faiss.IndexHNSW):
            index.hnsw.efSearch = setting
            effort = f"ef {setting}"
        times: list[float] = []
        found = recall(truth, _search(index, vectors, asked, times))
        if found >= _GOAL or effort == "all":
            break
    return effort, found, float(np.median(times)) * 1000


def _search(
    index: Any,  # noqa: ANN401 - any of faiss's
    vectors: Contextual,
    asked: Vectors,
    times: list[float],
) -> Callable[[int], Rows]:
    def found(at: int) -> Rows:
        query = asked[at : at + 1]
        began = time.perf_counter()
        _, rows = index.search(query, _COMPARED)
        rows = np.sort(rows[0][rows[0] >= 0])
        scores = vectors[rows] @ query[0]
        best: Rows = rows[np.argsort(-scores)[:AT]]
        times.append(time.perf_counter() - began)
        return best

    return found


if __name__ == "__main__":
    command()
