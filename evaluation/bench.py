"""How fast this machine is: start, indexing, answers over HTTP, memory, side by side in one run.

The model alone and sentence-transformers are measured beside the whole, so that ratios can be read
where the machine's speed is not known. Documents and questions are made here, the same every time.
"""

import itertools
import os
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evaluation import made, yardstick
from evaluation.figures import (
    CLIENTS,
    Bench,
    IndexFigures,
    ModelFigures,
    ServingFigures,
    TransformersFigures,
)
from evaluation.served import Client, processor_seconds, resident_mb, server, stages
from evaluation.timing import percentile
from index.collection import Folders
from index.encoders.protocol import Encoder

HOME = "home"
"""Where in its folder the bench keeps what it indexes."""

_SAMPLE = 2_000
"""How many sentences sentence-transformers encodes, each from one end of them to the other."""


def run(
    folder: Path,
    open_encoder: Callable[[], Encoder],
    *,
    sentences: int,
    questions: int,
    starts: int,
    rerankers: Sequence[str],
    home: Path | None = None,
) -> Bench:
    """Measure in `folder`, which is empty; the model is opened, indexed with and served.

    Of `starts`, and of as many rounds of indexing, the median is taken. With `home`, what is
    indexed there is served instead, and nothing is indexed.
    """
    command = str(Path(sysconfig.get_path("scripts")) / "pincite")
    texts = list(itertools.islice(made.sentences(), sentences))
    model = _model(open_encoder, texts, questions)
    index = None
    if home is None:
        home = folder / HOME
        index, scripts = _indexing(command, folder, texts, starts)
    else:
        scripts = [yardstick.run([]) for _ in range(starts)]
    return Bench(
        sentences=len(texts) if index else _held(home),
        cores=len(os.sched_getaffinity(0)),
        model=model,
        transformers=_median([script for script in scripts if script is not None]),
        index=index,
        serving=tuple(
            _serving(command, home, questions, reranker, starts) for reranker in rerankers
        ),
    )


def _indexing(
    command: str, folder: Path, texts: Sequence[str], rounds: int
) -> tuple[dict[str, IndexFigures], list[TransformersFigures | None]]:
    """Index in every layout, and encode by sentence-transformers, by turns; HOME is left."""
    sample = texts[:: max(len(texts) // _SAMPLE, 1)][:_SAMPLE]
    for layout in made.LAYOUTS:
        (folder / layout).mkdir()
        for name, text in made.files(texts, layout):
            (folder / layout / name).write_text(text, encoding="utf-8")
    scripts, seconds = [], {layout: list[float]() for layout in made.LAYOUTS}
    served = folder / f"{made.LAYOUTS[0]}-0"
    for number in range(rounds):
        scripts.append(yardstick.run(sample))
        for layout, times in seconds.items():
            home = folder / f"{layout}-{number}"
            home.mkdir()
            if (folder / HOME / "encoders").is_dir():
                (home / "encoders").symlink_to(folder / HOME / "encoders")
            times.append(_seconds(command, folder / layout, home))
            if home != served:
                shutil.rmtree(home)
    (folder / HOME).mkdir(exist_ok=True)
    (served / "collections").rename(folder / HOME / "collections")
    medians = {layout: percentile(times, 50) for layout, times in seconds.items()}
    return {layout: IndexFigures(one, len(texts) / one) for layout, one in medians.items()}, scripts


def _median(scripts: Sequence[TransformersFigures]) -> TransformersFigures | None:
    if not scripts:
        return None
    rates = [one.sentences_per_second for one in scripts if one.sentences_per_second is not None]
    return TransformersFigures(
        percentile([one.load_seconds for one in scripts], 50),
        percentile(rates, 50) if rates else None,
    )


def _seconds(command: str, corpus: Path, home: Path) -> float:
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        [command, "index", str(corpus), "--home", str(home)], check=True, capture_output=True
    )
    return time.perf_counter() - began


def _held(home: Path) -> int:
    held = Folders(home).collections()
    return sum(one.published().manifest().counts.sentences for one in held)


def _model(
    open_encoder: Callable[[], Encoder], texts: Sequence[str], questions: int
) -> ModelFigures:
    began = time.perf_counter()
    encoder = open_encoder()
    loaded = time.perf_counter() - began
    sample = texts[:: max(len(texts) // 1000, 1)]
    encoder.encode_passages(sample[:32])
    began = time.perf_counter()
    encoder.encode_passages(sample)
    rate = len(sample) / (time.perf_counter() - began)
    times = []
    for question in made.questions(questions):
        began = time.perf_counter()
        encoder.encode_questions([question])
        times.append(1000 * (time.perf_counter() - began))
    return ModelFigures(encoder.name, loaded, rate, percentile(times, 50))


def _serving(
    command: str, home: Path, questions: int, reranker: str, starts: int
) -> ServingFigures:
    seconds = []
    for _ in range(starts - 1):
        with server(command, home, reranker) as (_, _, ready):
            seconds.append(ready)
    with server(command, home, reranker) as (process, port, ready):
        seconds.append(ready)
        ask = Client(port)
        for question in made.questions(5):
            ask(question, "hybrid")
        answer_ms = {}
        for mode in ("dense", "lexical", "hybrid"):
            before, began = processor_seconds(process.pid), stages(port)
            times = [ask(question, mode) for question in made.questions(questions)]
            answer_ms[mode] = {"p50": percentile(times, 50), "p95": percentile(times, 95)}
        return ServingFigures(
            reranker,
            percentile(seconds, 50),
            answer_ms,
            1000 * (processor_seconds(process.pid) - before) / questions,
            {
                name: 1000 * (total - began[name][0]) / (count - began[name][1])
                for name, (total, count) in stages(port).items()
                if count > began[name][1]
            },
            {str(clients): _rate(port, clients, questions) for clients in CLIENTS},
            resident_mb(process.pid),
        )


def _rate(port: int, clients: int, questions: int) -> float:
    """Return answers a second; each client has its share of the questions, two at least.

    The shares differ: what many ask at the same time is answered once.
    """
    each = max(questions // clients, 2)
    asked = made.questions(each * clients)
    shares = [asked[first : first + each] for first in range(0, len(asked), each)]

    def ask(share: Sequence[str]) -> None:
        client = Client(port)
        for question in share:
            client(question, "hybrid")

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, shares))
    return len(asked) / (time.perf_counter() - began)
