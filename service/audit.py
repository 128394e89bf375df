"""HOME/audit: who was shown which documents, when, and with what outcome; never a word asked.

A file a month, a JSON object a line, each with the SHA-256 of the line before, so that a line
changed, added or taken out in the middle shows. Answering never waits for it: where it cannot be
written, lines are lost, counted, and their number stands in the next line that can be.
"""

import errno
import json
import logging
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from index.doctor import Finding
from service.sightings import Seen

_log = logging.getLogger(__name__)

_REFUSED = frozenset({401, 403})
_FAILED = 400
_TAIL = 1024 * 1024
_WAIT_SECONDS = 1


class Audit:
    """The audit of a HOME; several processes may write to one."""

    def __init__(self, home: Path, clock: Callable[[], datetime]) -> None:
        self.lost = 0  # since the start
        self._folder = home / "audit"
        self._lock = FileLock(self._folder / "LOCK", timeout=_WAIT_SECONDS)
        self._clock = clock
        self._missing = 0  # since the last line that was written
        self._last: tuple[Path, int, str] | None = None  # file, its size, hash of its last line

    def write(self, seen: Seen) -> None:
        """Append a line for a request that was shown documents, changed them or was refused."""
        if seen.sighting.act is None and seen.status not in _REFUSED:
            return
        now = self._clock().astimezone(UTC)
        try:
            self._append(now, _entry(seen, now))
        except OSError as error:
            if not self._missing:
                _log.error(
                    "%s cannot be written (%s): answers go on, and lines of the audit are lost "
                    "until it can; free some space",
                    self._folder,
                    error.strerror or type(error).__name__,
                )
            self._missing += 1
            self.lost += 1
            return
        if self._missing:
            _log.warning("the audit is written again; %d lines are missing", self._missing)
            self._missing = 0

    def _append(self, now: datetime, entry: dict[str, object]) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{now:%Y-%m}.jsonl"
        with self._lock:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                size = os.fstat(descriptor).st_size
                before, whole = self._before(path, size)
                missing = {"lost": self._missing} if self._missing else {}
                text = json.dumps({"before": before} | entry | missing, ensure_ascii=False)
                line = text.encode()
                data = (b"" if whole else b"\n") + line + b"\n"
                if os.write(descriptor, data) < len(data):
                    os.ftruncate(descriptor, size)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._last = path, size + len(data), _hash(line)
            finally:
                os.close(descriptor)

    def _before(self, path: Path, size: int) -> tuple[str, bool]:
        """Return the hash of the last line of all, and whether that line has its end."""
        if self._last is not None and self._last[:2] == (path, size):
            return self._last[2], True
        for file in reversed(_files(self._folder)):
            with file.open("rb") as opened:
                opened.seek(max(0, file.stat().st_size - _TAIL))
                tail = opened.read()
            if tail:
                whole = tail.endswith(b"\n")
                return _hash(tail.removesuffix(b"\n").rpartition(b"\n")[2]), whole or file != path
        return "", True


def examine(home: Path) -> list[Finding]:
    """Check the chain of the audit of `home`; nothing where there is none.

    Lines cut off at the end, or a chain made anew as a whole, cannot be seen from within.
    """
    files = _files(home / "audit")
    before: str | None = None
    lines = cut = 0
    for file in files:
        try:
            data = file.read_bytes()
        except OSError as error:
            return [Finding("audit", False, f"{file.name}: {error.strerror}", "give the right")]
        for number, line in enumerate(data.removesuffix(b"\n").split(b"\n") if data else [], 1):
            lines += 1
            said = _before_of(line)
            if said is None:
                cut += 1
            elif before is not None and said != before:
                return [
                    Finding(
                        "audit",
                        False,
                        f"{file.name}, line {number}: it does not follow the line before; a line "
                        "was changed, added or taken out",
                        "compare with a backup; keep the file as it is",
                    )
                ]
            before = _hash(line)
    if not files:
        return []
    torn = f"; {cut} cut off when a process died" if cut else ""
    return [Finding("audit", True, f"{lines} lines follow one another{torn}")]


def _entry(seen: Seen, now: datetime) -> dict[str, object]:
    sighting = seen.sighting
    if seen.status >= _FAILED:
        outcome = "refused" if seen.status in _REFUSED else "failed"
    else:
        outcome = ",".join(one.status for one in sighting.told) or "done"
    return {
        "time": now.isoformat(timespec="milliseconds"),
        "who": seen.who,
        "method": seen.method,
        "route": seen.route,
        "status": seen.status,
        "act": sighting.act,
        "outcome": outcome,
        "collections": list(sighting.collections),
        "documents": _by_collection(list(sighting.documents)),
        "request_id": seen.request_id,
    }


def _by_collection(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for collection, document_id in pairs:
        found.setdefault(collection, []).append(document_id)
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9].jsonl"))


def _hash(line: bytes) -> str:
    return sha256(line).hexdigest()


def _before_of(line: bytes) -> str | None:
    """Return what a line says of the one before it; None for what is no line of ours."""
    try:
        said = json.loads(line)["before"]
    except (ValueError, LookupError, TypeError):
        return None
    return said if isinstance(said, str) else None
