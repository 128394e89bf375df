"""Check-ups of collections that an administrator asks for: one at a time, in the background."""

import logging
import os
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from index.doctor import Finding
from index.errors import BusyError
from service.errors import KNOWN

_log = logging.getLogger(__name__)

_LEAST_URGENT = 19


@dataclass(frozen=True, slots=True)
class Checkup:
    """A check-up of a collection, under way as long as `ended` is None.

    `fault` says why it could not be made; "" where it could.
    """

    collection: str
    began: datetime
    ended: datetime | None = None
    findings: tuple[Finding, ...] = ()
    fault: str = ""

    @property
    def sound(self) -> bool:
        """Whether all that was found is as it should be."""
        return not self.fault and all(one.sound for one in self.findings)


class Checkups:
    """The last check-up of each collection; in memory, gone with the process.

    Each runs in a thread of the lowest priority: no answer waits for it.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._last: dict[str, Checkup] = {}
        self._lock = threading.Lock()

    def begin(self, collection: str, examine: Callable[[], Sequence[Finding]]) -> None:
        """Begin one; BusyError where one is under way, of whichever collection."""
        with self._lock:
            if any(one.ended is None for one in self._last.values()):
                raise BusyError("a check is under way; wait for it")
            begun = self._last[collection] = Checkup(collection, self._clock())
        threading.Thread(
            target=self._run, args=(begun, examine), name="checkup", daemon=True
        ).start()

    def of(self, collection: str) -> Checkup | None:
        """Return the last check-up of a collection; None where there was none."""
        return self._last.get(collection)

    def _run(self, begun: Checkup, examine: Callable[[], Sequence[Finding]]) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LEAST_URGENT)
        findings: tuple[Finding, ...] = ()
        fault = ""
        try:
            findings = tuple(examine())
        except KNOWN as error:
            fault = str(error)
        except Exception as error:  # noqa: BLE001 - the outermost place of a thread
            where = "".join(traceback.format_tb(error.__traceback__))
            _log.error("a check of %s: %s\n%s", begun.collection, type(error).__name__, where)
            fault = f"{type(error).__name__}; the log says where"
        ended = replace(begun, ended=self._clock(), findings=findings, fault=fault)
        with self._lock:
            self._last[begun.collection] = ended
