"""How many answers a second services give over HTTP to clients that ask without a pause."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from corpus.reading_process import memory_of
from evaluation.timing import percentile
from tests.processes import serving

_CLIENTS = 16
_WARM_SECONDS = 2.0


def asked_by_many(
    homes: Sequence[Path],
    questions: Sequence[str],
    seconds: float,
    database: Callable[[], float],
    **settings: str,
) -> dict[str, float]:
    """Serve from each of `homes`, and ask all with 16 clients; `database` measures its memory.

    Return answers a second, milliseconds of an answer, and bytes of a service and the database.
    """
    with ExitStack() as stack:
        running = [stack.enter_context(serving(home, **settings)) for home in homes]
        stop, times = threading.Event(), [list[float]() for _ in range(_CLIENTS)]
        threads = [
            threading.Thread(
                target=_keep_asking,
                args=(running[number % len(running)].url, questions, number, stop, times[number]),
            )
            for number in range(_CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(_WARM_SECONDS)
        for each in times:
            each.clear()
        time.sleep(seconds)
        memory = sum(memory_of(one.process.pid, "VmRSS") for one in running) / len(running)
        of_database = database()
        stop.set()
        for thread in threads:
            thread.join(60)
    whole = [one for each in times for one in each]
    return {
        "services": len(homes),
        "answers_a_second": len(whole) / seconds,
        "p50_ms": percentile(whole, 50),
        "p95_ms": percentile(whole, 95),
        "service_bytes": memory,
        "database_bytes": of_database,
    }


def _keep_asking(
    url: str, questions: Sequence[str], number: int, stop: threading.Event, times: list[float]
) -> None:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(
        str(address.hostname), int(address.port or 0), timeout=60
    )
    at = number * len(questions) // _CLIENTS
    while not stop.is_set():
        at += 1
        body = json.dumps({"question": questions[at % len(questions)], "top_k": 5})
        began = time.perf_counter()
        connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        if response.status == http.client.OK:
            times.append(1000 * (time.perf_counter() - began))
        else:
            time.sleep(0.05)
