"""HOME/questions.jsonl: what the documents do not answer, in words only once several people ask it.

A question is redacted and put in one spelling; then its HMAC and its caller's are kept, and its
words are written when the k-th distinct caller of a month asks it, never before. The key of both is
made anew each month and the old one forgotten with all that it stood for.
"""

import errno
import hmac
import json
import logging
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any

from filelock import FileLock

from index.layout import sync
from service.redaction import Redact
from service.sightings import Seen

_log = logging.getLogger(__name__)

_LARGEST = 16 * 1024 * 1024
_ENDED = 10_000
_WAIT_SECONDS = 1
_TRIMMED = " \t\n?!.,;:…"
_HOST_BITS = 64


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A redacted question, how many callers asked it in a month, and its last status."""

    question: str
    month: str
    callers: int
    status: str


@dataclass(slots=True)
class _Asked:
    callers: set[str] = field(default_factory=set)
    question: str | None = None
    status: str = ""


@dataclass(slots=True)
class _Month:
    """A month's questions by their HMAC, as read so far from the file; `earlier` as they ended."""

    name: str
    key: bytes
    asked: dict[str, _Asked] = field(default_factory=dict)
    earlier: list[Unanswered] = field(default_factory=list)
    offset: int = 0
    inode: int = 0


class KeptQuestions:
    """The unanswered and weakly answered questions of a HOME; `callers` is k."""

    def __init__(
        self, home: Path, callers: int, redact: Redact, clock: Callable[[], datetime]
    ) -> None:
        self._file = home / "questions.jsonl"
        self._key = home / "questions.key"
        self.callers = callers
        self._redact = redact
        self._clock = clock
        self._month: _Month | None = None
        self._failing = False

    def write(self, seen: Seen) -> None:
        """Keep what the documents did not answer, or not well, of a request that is over."""
        for one in seen.sighting.told:
            if one.reason != "nothing_relevant" and one.status != "low_confidence":
                continue
            question = _one_spelling(self._redact(one.question))
            if not question:
                continue
            try:
                self._keep(question, one.status, _caller(seen))
                self._failing = False
            except (OSError, ValueError, KeyError, TypeError) as error:
                if not self._failing:
                    where = getattr(error, "strerror", None) or type(error).__name__
                    _log.error("%s: unanswered questions are not kept (%s)", self._file, where)
                self._failing = True

    def report(self) -> list[Unanswered]:
        """Return what at least k distinct callers asked in one month, the latest month first.

        What fewer asked is neither in it nor counted. OSError where the files cannot be read.
        """
        month = self._read()
        found = [one for one in _ended(month) if one.callers >= self.callers] if month else []
        found.sort(key=lambda one: (one.month, one.callers), reverse=True)
        return found

    def _keep(self, question: str, status: str, caller: str) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._file.with_suffix(".lock"), timeout=_WAIT_SECONDS):
            month = self._read()
            now = f"{self._clock().astimezone(UTC):%Y-%m}"
            if month is None or month.name != now:
                month = self._turned(month, now)
            asked, by = _hmac(month.key, question), _hmac(month.key, caller)
            known = month.asked.get(asked, _Asked())
            if by in known.callers or month.offset >= _LARGEST:
                return
            lines = [{"asked": asked, "by": by, "status": status}]
            if known.question is None and len(known.callers) + 1 >= self.callers:
                lines.append({"asked": asked, "question": question})
            data = "".join(json.dumps(line) + "\n" for line in lines).encode()
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND)
            try:
                # From the last whole line on: what a process that died left is no line.
                os.ftruncate(descriptor, month.offset)
                if os.write(descriptor, data) < len(data):
                    os.ftruncate(descriptor, month.offset)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(descriptor)

    def _read(self) -> _Month | None:
        """Return the month under way, up to the file's last whole line; None before the first."""
        try:
            said = json.loads(self._key.read_bytes())
            file = self._file.open("rb")
        except FileNotFoundError:
            return None
        with file:
            key, inode = bytes.fromhex(said["key"]), os.fstat(file.fileno()).st_ino
            month = self._month
            if month is None or (month.key, month.inode) != (key, inode):
                month = _Month(said["month"], key, inode=inode)
            file.seek(month.offset)
            whole, end, _ = file.read().rpartition(b"\n")
        for line in whole.splitlines():
            _take(month, json.loads(line))
        month.offset += len(whole) + len(end)
        self._month = month
        return month

    def _turned(self, month: _Month | None, now: str) -> _Month:
        """Begin a month with a new key; of the one before, only its words and numbers stay."""
        ended = _ended(month) if month else []
        ended = ended[-_ENDED:]
        lines = "".join(json.dumps(asdict(one)) + "\n" for one in ended)
        _replace(self._file, lines)
        _replace(self._key, json.dumps({"month": now, "key": secrets.token_hex(32)}))
        self._month = None
        begun = self._read()
        assert begun is not None, "both files were written just now"
        return begun


def _ended(month: _Month) -> list[Unanswered]:
    """Return what of a month has words, after what the months before it had."""
    return month.earlier + [
        Unanswered(one.question, month.name, len(one.callers), one.status)
        for one in month.asked.values()
        if one.question is not None
    ]


def _take(month: _Month, line: Mapping[str, Any]) -> None:
    if "callers" in line:
        month.earlier.append(Unanswered(**line))
        return
    asked = month.asked.setdefault(line["asked"], _Asked())
    if "question" in line:
        asked.question = line["question"]
    else:
        asked.callers.add(line["by"])
        asked.status = line["status"]


def _replace(path: Path, text: str) -> None:
    aside = path.with_name(f"{path.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    aside.replace(path)
    sync(path.parent)


def _one_spelling(question: str) -> str:
    return " ".join(question.casefold().split()).strip(_TRIMMED)


def _caller(seen: Seen) -> str:
    """Return what tells callers apart: a key, or an address; of IPv6 its network.

    One machine has as many IPv6 addresses in its network as it likes.
    """
    if seen.who not in {"local", "anonymous"}:
        return f"key {seen.who}"
    try:
        address = ip_address(seen.address)
    except ValueError:
        return "nobody"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return f"address {address.ipv4_mapped}"
        return f"network {int(address) >> _HOST_BITS:x}"
    return f"address {address}"


def _hmac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), "sha256").hexdigest()
