"""Whoever calls the services of a drill: clients that ask, one writer, and what came of it.

Each goes to the next service where one does not answer, as the proxy of docs/deployment would send
it: it waits as long for a connection, and as long for an answer.
"""

import http.client
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

_NGINX = (Path(__file__).parents[2] / "docs/deployment/nginx.conf").read_text(encoding="utf-8")


def _seconds(setting: str) -> float:
    """Return what nginx.conf has first for a time-out."""
    found = re.search(rf"^ +{setting} (\d+)s;$", _NGINX, re.MULTILINE)
    assert found is not None, setting
    return float(found[1])


_CONNECT_SECONDS = _seconds("proxy_connect_timeout")
_ANSWER_SECONDS = _seconds("proxy_read_timeout")
REVISION = re.compile(r"This is revision (\d+) of the timetable\.")
_TIMETABLE = "which revision of the timetable is this"
_REFUSED = (429, 503)
_BACK_OFF_SECONDS = 0.05


@dataclass(slots=True)
class Tally:
    """What came of asking or writing: when it went well, and what else came back."""

    well: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    """How long each of `well` took, all attempts together."""
    not_well: Counter[str] = field(default_factory=Counter)
    said: dict[str, set[str]] = field(default_factory=dict)
    """Builds, and the revisions that were quoted from each."""
    faults: list[str] = field(default_factory=list)

    def gap(self, first: float, last: float) -> float:
        """Return the longest time without anything going well between two moments."""
        within = sorted(one for one in self.well if first < one < last)
        moments = [max([one for one in self.well if one <= first], default=first), *within, last]
        return max(after - before for before, after in pairwise(moments))

    def slowest(self, first: float, last: float) -> float:
        """Return the longest that anything took which went well between two moments."""
        both = zip(self.well, self.took, strict=True)
        return max((took for well, took in both if first < well < last), default=0.0)

    def add(self, part: "Tally") -> None:
        """Take in what came of somebody else's asking."""
        self.well += part.well
        self.took += part.took
        self.not_well += part.not_well
        self.faults += part.faults
        for build, revisions in part.said.items():
            self.said.setdefault(build, set()).update(revisions)


class Services:
    """The services that there are; callers go round them with a key."""

    def __init__(self, urls: Sequence[str], key: str) -> None:
        self.urls = urls
        self.key = key

    def url(self, turn: int) -> str:
        """Return where a caller goes at this turn."""
        return self.urls[turn % len(self.urls)]


class _Connection(http.client.HTTPConnection):
    """A connection that is waited for one time, and its answers another."""

    def connect(self) -> None:
        """Connect; kept open from question to question, as a proxy keeps it."""
        super().connect()
        self.sock.settimeout(_ANSWER_SECONDS)


class _Caller(threading.Thread):
    """Whoever calls the services until told to stop, each time the next one where one fails."""

    def __init__(self, services: Services, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"caller {number}", daemon=True)
        self._services, self._turn, self._stop_all = services, number, stop
        self._connections: dict[str, http.client.HTTPConnection] = {}
        self.tally = Tally()

    def _call(self, method: str, path: str, body: bytes, media: str) -> tuple[int, bytes] | None:
        """Call once; None where nobody answered."""
        url = self._services.url(self._turn)
        if url not in self._connections:
            self._connections[url] = _Connection(urlsplit(url).netloc, timeout=_CONNECT_SECONDS)
        connection = self._connections[url]
        told = {"Content-Type": media, "Authorization": f"Bearer {self._services.key}"}
        connecting = connection.sock is None
        try:
            if connecting:
                connection.connect()
            connecting = False
            connection.request(method, path, body, told)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._failed(f"{type(error).__name__}{' while connecting' if connecting else ''}")
            return None

    def _failed(self, why: str) -> None:
        self.tally.not_well[why] += 1
        self._turn += 1
        self._stop_all.wait(_BACK_OFF_SECONDS)

    def _went_well(self, began: float) -> None:
        now = time.monotonic()
        self.tally.well.append(now)
        self.tally.took.append(now - began)


class Client(_Caller):
    """Asks two questions in turn: one whose answer never changes, one whose does."""

    def __init__(
        self, services: Services, number: int, stop: threading.Event, stable: Sequence[str]
    ) -> None:
        super().__init__(services, number, stop)
        self._stable = stable
        self._number = number

    def run(self) -> None:
        """Ask until told to stop."""
        turn = self._number
        while not self._stop_all.is_set():
            turn += 1
            stable = self._stable[turn % len(self._stable)]
            for question in (stable, _TIMETABLE):
                self._ask(question, stable if question is stable else None)

    def _ask(self, question: str, expected: str | None) -> None:
        began = time.monotonic()
        body = json.dumps({"question": question, "top_k": 3}).encode()
        while not self._stop_all.is_set():
            answer = self._call("POST", "/v1/search", body, "application/json")
            if answer is None:
                continue
            status, content = answer
            if status in _REFUSED:
                self._failed(str(status))
            elif status != http.client.OK:
                self._failed(str(status))
                self.tally.faults.append(f"{question}: {status}")
            else:
                self._went_well(began)
                self._judge(question, expected, json.loads(content))
                return

    def _judge(self, question: str, expected: str | None, found: dict[str, object]) -> None:
        citations, receipt = found["citations"], found["receipt"]
        assert isinstance(citations, list)
        assert isinstance(receipt, dict)
        quote = citations[0]["quote"] if citations else "nothing"
        revision = REVISION.fullmatch(quote)
        if expected is not None:
            if quote != expected:
                self.tally.faults.append(f"{question}: {quote}")
        elif revision is None:
            self.tally.faults.append(f"{question}: {quote}")
        else:
            self.tally.said.setdefault(receipt["build"], set()).add(revision[1])


class Writer(_Caller):
    """Replaces one document again and again; a write that was not acknowledged is tried again."""

    def __init__(self, services: Services, stop: threading.Event) -> None:
        super().__init__(services, 0, stop)
        self.acknowledged: dict[str, str] = {}
        """Build and the revision that it was acknowledged for."""

    def run(self) -> None:
        """Write until told to stop."""
        revision = 0
        while not self._stop_all.is_set():
            revision += 1
            self._write(revision)

    def _write(self, revision: int) -> None:
        text = f"This is revision {revision} of the timetable.\n".encode()
        began = time.monotonic()
        while not self._stop_all.is_set():
            answer = self._call("PUT", "/v1/documents/timetable", text, "text/plain")
            if answer is None:
                continue
            status, content = answer
            if status not in {http.client.OK, http.client.CREATED}:
                self._failed(str(status))
                if status not in {*_REFUSED, http.client.CONFLICT}:
                    self.tally.faults.append(f"writing: {status}")
                continue
            build = json.loads(content)["build"]
            self.acknowledged[build] = str(revision)
            self._went_well(began)
            return
