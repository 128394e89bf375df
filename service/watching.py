"""Watch mode: what changes at the watched paths is indexed and published while answers are given.

Each update is a `pincite index` in a process of its own that yields to everything else (nice 19):
it shares no lock of the interpreter with those who answer, gives its memory back when it is done,
and its end, however it comes, is not theirs.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import watchfiles

from corpus.errors import CorpusError
from index.errors import RetrievalError
from index.store import StoredCollection
from service.errors import ServiceError
from service.library import Library

_log = logging.getLogger(__name__)

_QUIET_MS = 500
_LONGEST_MS = 5_000
"""Changes are taken together until there was none for the one, or for at most the other."""
_LOOK_MS = 2_000
"""How often to look whether a watched path is still what it was."""
_NICEST = 19
_INDEX = "import sys; from service.cli import main; sys.exit(main())"


class Watch:
    """Watches paths from the beginning of a `with` block to its end."""

    def __init__(
        self, collection: StoredCollection, paths: Sequence[Path], library: Library
    ) -> None:
        self._collection = collection
        self._paths = [path.resolve() for path in paths]
        self._library = library
        self._stop = threading.Event()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        process = self._process
        if process is not None:
            process.terminate()  # a build under way leaves no trace
        self._thread.join()

    def _watch(self) -> None:
        _log.info("watching %s", ", ".join(map(str, self._paths)))
        while not self._stop.is_set():
            there = [path for path in self._paths if path.exists()]
            if len(there) < len(self._paths):
                gone = ", ".join(str(path) for path in self._paths if path not in there)
                _log.error("%s: not there, so nothing is indexed until it is again", gone)
                while not all(path.exists() for path in self._paths):
                    if self._stop.wait(_LOOK_MS / 1000):
                        return
            self._follow(self._identities())

    def _follow(self, watched: Sequence[tuple[int, int]]) -> None:
        """Index once, for what changed before, then at each change, until a path is another."""
        changes = watchfiles.watch(
            *self._paths,
            watch_filter=None,
            step=_QUIET_MS,
            debounce=_LONGEST_MS,
            rust_timeout=_LOOK_MS,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        try:
            first = True
            for changed in changes:
                if self._identities() != watched:
                    return
                if first or changed:
                    self._index()
                first = False
        except OSError as error:
            _log.error("watching is interrupted: %s", error)
            self._stop.wait(_LOOK_MS / 1000)

    def _identities(self) -> list[tuple[int, int]]:
        """Return what each path is: a folder made anew under its name is another."""
        found = []
        for path in self._paths:
            try:
                status = path.stat()
            except OSError:
                return []
            found.append((status.st_dev, status.st_ino))
        return found

    def _index(self) -> None:
        home = self._library.home
        arguments = ["--json", "--home", str(home), "--collection", self._collection.name, "--"]
        process = self._process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-P", "-c", _INDEX, "index", *arguments, *map(str, self._paths)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICEST)
        printed, said = process.communicate()
        if self._stop.is_set():
            return
        try:
            report = json.loads(printed)
        except ValueError:
            reason = said.strip().splitlines()[-1:] or [f"it ended with {process.returncode}"]
            _log.error("indexing failed, and is tried again at the next change: %s", reason[0])
            return
        for one in report["skipped"]:
            if one["fault"]:
                _log.warning("skipped %s (%s): %s", one["uri"], one["reason"], one["detail"])
        if report["build"] is not None:
            counts = {what: len(report[what]) for what in ("added", "changed", "removed")}
            _log.info("indexed what changed: %s", counts)
            self._open()

    def _open(self) -> None:
        """Open what was published before it is asked for."""
        try:
            self._library.retriever(self._collection.name)
        except (CorpusError, RetrievalError, ServiceError) as error:
            _log.error("the new build cannot be opened: %s", error)
