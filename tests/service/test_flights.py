"""Questions asked at the same time: of a real serving process, and the sharing by itself."""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from service.answering import Question, search
from service.flights import Flights, waits
from tests.building import indexed, library, write
from tests.processes import Served, serving
from tests.service.slow import SECONDS, SlowEncoder

QUESTION = "slowly these spasms usually last 60 to 90 seconds"


def ask(served: Served, **more: object) -> httpx2.Response:
    """Ask over HTTP."""
    body = {"question": QUESTION, **more}
    return httpx2.post(f"{served.url}/v1/answers", json=body, timeout=60)


def counted(served: Served, line: str) -> int:
    """Return a counter of /metrics by the beginning of its line."""
    text = httpx2.get(f"{served.url}/metrics").text
    found = re.search(rf"^{re.escape(line)} (\S+)$", text, re.MULTILINE)
    return int(float(found[1])) if found else 0


def encoded(served: Served) -> int:
    """Return how many times the encoder was asked."""
    return counted(served, 'pincite_stage_duration_seconds_count{stage="encode"}')


def test_identical_questions_in_flight_are_worked_out_once_and_recorded_each(
    tmp_path: Path,
) -> None:
    """Twelve callers, two places: one search, twelve equal answers, ids, audit lines and counts.

    Others have their turn meanwhile, as who waits for another's answer holds no place.
    """
    home, source = tmp_path / "home", write(tmp_path / "source")
    limits = {"PINCITE_CONCURRENCY": "2", "PINCITE_ENCODER": "tests.service.slow:open_slow"}
    with serving(home, source, **limits) as running, ThreadPoolExecutor(13) as pool:
        before = encoded(running)
        going = [pool.submit(ask, running) for _ in range(12)]
        time.sleep(SECONDS / 2)
        other = httpx2.post(f"{running.url}/v1/answers", json={"question": "What is a spasm?"})
        assert other.status_code == 200
        assert other.elapsed.total_seconds() < SECONDS / 2
        found = [one.result() for one in going]
        assert {one.status_code for one in found} == {200}
        assert encoded(running) == before + 2
        bodies = [one.json() for one in found]
        assert len({body.pop("request_id") for body in bodies}) == 12
        assert all(body.pop("took_ms") > 0 for body in bodies)
        assert bodies == [bodies[0]] * 12
        assert bodies[0]["citations"]
        assert counted(running, 'pincite_stage_duration_seconds_count{stage="answer"}') == 13
        audit = next((home / "audit").glob("*.jsonl")).read_bytes()
        lines = [json.loads(line) for line in audit.splitlines()]
        shown = [one for one in lines if one["documents"] == lines[-1]["documents"]]
        assert len([one for one in lines if one["act"] == "answered"]) == 13
        assert len({one["request_id"] for one in shown}) == len(shown) >= 12
        # Nothing is kept: the same, asked later, is worked out again.
        assert ask(running).json()["citations"] == bodies[0]["citations"]
        assert encoded(running) == before + 3


def test_a_burst_of_one_question_is_bounded_like_any_other(tmp_path: Path) -> None:
    """One is answered, two wait with it, the others are told so at once."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    limits = {"PINCITE_CONCURRENCY": "1", "PINCITE_QUEUE": "2"}
    limits["PINCITE_ENCODER"] = "tests.service.slow:open_slow"
    with serving(home, source, **limits) as running, ThreadPoolExecutor(8) as pool:
        statuses = [one.status_code for one in pool.map(lambda _: ask(running), range(8))]
        assert statuses.count(200) == 3
        assert statuses.count(503) == 5
        assert ask(running).status_code == 200  # every place was given back


def test_what_differs_in_anything_is_worked_out_by_itself(tmp_path: Path) -> None:
    """Another number of citations is another question."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    slow = {"PINCITE_ENCODER": "tests.service.slow:open_slow"}
    with serving(home, source, **slow) as running, ThreadPoolExecutor(2) as pool:
        before = encoded(running)
        found = list(pool.map(lambda k: ask(running, top_k=k).json(), (1, 2)))
        assert [one["receipt"]["asked"]["top_k"] for one in found] == [1, 2]
        assert encoded(running) == before + 2


def test_an_error_reaches_all_who_wait_and_is_forgotten() -> None:
    """Whoever shared the work has its error; the next to ask has work of its own."""
    flights = Flights()
    begun, end = threading.Event(), threading.Event()
    waiting = threading.Semaphore(0)

    def fail() -> int:
        begun.set()
        end.wait(10)
        raise ValueError("damaged")

    def join() -> int:
        waits.set(waiting.release)
        return flights.share("key", lambda: 1)

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(flights.share, "key", fail)
        assert begun.wait(10)
        joined = [pool.submit(join) for _ in range(2)]
        assert all(waiting.acquire(timeout=10) for _ in joined)
        end.set()
        for one in (first, *joined):
            with pytest.raises(ValueError, match="damaged"):
                one.result(10)
    assert flights.share("key", lambda: 2) == 2


def test_callers_of_different_grants_share_nothing(tmp_path: Path) -> None:
    """The same question at the same time: who may read one collection sees nothing of the other."""
    indexed(tmp_path, {"a.txt": "Spasms\n\nThese spasms usually last 60 to 90 seconds.\n"})
    secret = {"b.txt": "Rotas\n\nThese spasms usually last 60 to 90 seconds on the ward.\n"}
    indexed(tmp_path, secret, "secret")
    whole = library(tmp_path, SlowEncoder())
    granted = whole.granted(lambda name: name == "default")
    question = Question(QUESTION)
    with ThreadPoolExecutor(4) as pool:
        going = [pool.submit(search, view, question) for view in (whole, granted, whole, granted)]
        found = [one.result()[0] for one in going]
    held = [{one.collection for one in citations} for citations in found]
    assert held == [{"default", "secret"}, {"default"}] * 2
    assert found[0] is found[2]
    assert found[1] is found[3]
