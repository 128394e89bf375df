"""How fast this machine is: start, indexing, answers over HTTP, memory, side by side in one run.

The model alone is measured beside the whole, so that ratios can be read where the machine's speed
is not known. Documents and questions are made here, the same every time.
"""

import http.client
import itertools
import json
import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from evaluation.errors import EvaluationError
from evaluation.timing import percentile
from index.encoders.protocol import Encoder

_PER_FILE = 200
HOME = "home"
"""Where in its folder the bench keeps what it indexes."""
_CLIENTS = (1, 8, 32)
_START_SECONDS = 300.0

_WHO = ("patients", "visitors", "nurses", "carers", "people with stiff legs", "new starters")
_WHERE = ("the day unit", "the gym", "ward seven", "the pain clinic", "the pool", "room twelve")
_WHAT = ("stretching", "baclofen", "a splint", "a night brace", "massage", "the standing frame")
_EFFECT = ("slept better", "walked further", "felt dizzy", "had fewer cramps", "stopped early")
_WHEN = ("in the morning", "after lunch", "before bed", "at weekends", "during the winter")


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """The model alone, by the name that it has in a build."""

    name: str
    load_seconds: float
    sentences_per_second: float
    question_ms_p50: float


@dataclass(frozen=True, slots=True)
class ServingFigures:
    """One `pincite serve`: from command to ready, one client's answers, many clients', memory."""

    reranker: str
    ready_seconds: float
    answer_ms: Mapping[str, Mapping[str, float]]  # mode -> p50, p95
    answers_per_second: Mapping[str, float]  # number of clients -> of all of them together
    resident_mb: float


@dataclass(frozen=True, slots=True)
class Bench:
    """All figures of one run."""

    sentences: int
    cores: int
    model: ModelFigures
    index_seconds: float
    index_sentences_per_second: float
    serving: tuple[ServingFigures, ...]

    def to_json(self) -> str:
        """Return the figures as JSON."""
        return json.dumps(asdict(self), indent=2)

    def table(self) -> str:
        """Return the figures as lines for people."""
        lines = [
            f"{self.sentences} sentences, {self.cores} cores",
            (
                f"model {self.model.name} alone: load {self.model.load_seconds:.1f} s, "
                f"{self.model.sentences_per_second:.0f} sentences/s, "
                f"one question {self.model.question_ms_p50:.1f} ms (p50)"
            ),
            (
                f"pincite index, model's start included: {self.index_seconds:.1f} s, "
                f"{self.index_sentences_per_second:.0f} sentences/s"
            ),
        ]
        for one in self.serving:
            lines.append(
                f"pincite serve, reranker {one.reranker}: ready {one.ready_seconds:.1f} s, "
                f"{one.resident_mb:.0f} MB resident"
            )
            lines += [
                f"    {mode:8} p50 {times['p50']:.1f} ms, p95 {times['p95']:.1f} ms"
                for mode, times in one.answer_ms.items()
            ]
            lines += [
                f"    {clients:>2} clients  {rate:.0f} answers/s"
                for clients, rate in one.answers_per_second.items()
            ]
        return "\n".join(lines)


def run(
    folder: Path,
    open_encoder: Callable[[], Encoder],
    *,
    sentences: int,
    questions: int,
    rerankers: Sequence[str],
) -> Bench:
    """Measure in `folder`, which is empty; the model is opened, indexed with and served."""
    command = str(Path(sysconfig.get_path("scripts")) / "pincite")
    texts = list(itertools.islice(_sentences(), sentences))
    corpus = folder / "corpus"
    corpus.mkdir()
    for first in range(0, len(texts), _PER_FILE):
        page = "\n\n".join(texts[first : first + _PER_FILE])
        (corpus / f"{first:09}.txt").write_text(page, encoding="utf-8")
    model = _model(open_encoder, texts, questions)
    began = time.perf_counter()
    home = folder / HOME
    subprocess.run(  # noqa: S603 - our own command
        [command, "index", str(corpus), "--home", str(home)], check=True, capture_output=True
    )
    took = time.perf_counter() - began
    return Bench(
        sentences=len(texts),
        cores=len(os.sched_getaffinity(0)),
        model=model,
        index_seconds=took,
        index_sentences_per_second=len(texts) / took,
        serving=tuple(_serving(command, home, questions, reranker) for reranker in rerankers),
    )


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


def _questions(count: int) -> list[str]:
    kinds = itertools.cycle(itertools.product(_WHAT, _EFFECT, _WHERE))
    return [
        f"Who {effect} with {what} at {where}?"
        for what, effect, where in itertools.islice(kinds, count)
    ]


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
    for question in _questions(questions):
        began = time.perf_counter()
        encoder.encode_questions([question])
        times.append(1000 * (time.perf_counter() - began))
    return ModelFigures(encoder.name, loaded, rate, percentile(times, 50))


def _serving(command: str, home: Path, questions: int, reranker: str) -> ServingFigures:
    with _server(command, home, reranker) as (process, port, ready):
        ask = _Client(port)
        for question in _questions(5):
            ask(question, "hybrid")
        answer_ms = {}
        for mode in ("hybrid", "dense", "lexical"):
            times = [ask(question, mode) for question in _questions(questions)]
            answer_ms[mode] = {"p50": percentile(times, 50), "p95": percentile(times, 95)}
        rates = {str(clients): _rate(port, clients, questions) for clients in _CLIENTS}
        return ServingFigures(reranker, ready, answer_ms, rates, _resident_mb(process.pid))


def _rate(port: int, clients: int, questions: int) -> float:
    """Return answers a second; each client has its share of the questions, two at least.

    The shares differ: where many ask the same at once, a server may answer once.
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


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise EvaluationError("this system does not tell how much memory a process holds")
