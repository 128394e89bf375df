"""The processes of this machine: who is whose child, and who is gone."""

import os
import time
from contextlib import suppress
from pathlib import Path


def processes() -> dict[int, list[str]]:
    """Return what /proc/PID/stat says after the name: state, parent, group, session and so on."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # ended while we looked
            stat = path.read_text(encoding="utf-8")
            found[int(path.parent.name)] = stat.rpartition(")")[2].split()
    return found


def children(parent: int | None = None) -> set[int]:
    """Return the processes, zombies too, that are children of this one."""
    parent = parent or os.getpid()
    return {process for process, stat in processes().items() if int(stat[1]) == parent}


def session(leader: int) -> set[int]:
    """Return a reading process and all that it has forked."""
    return {process for process, stat in processes().items() if int(stat[3]) == leader}


def is_running(process: int) -> bool:
    """Tell whether a process is there and no zombie."""
    stat = processes().get(process)
    return stat is not None and stat[0] not in "ZX"


def wait_until_gone(processes: set[int]) -> None:
    """Fail unless all have ended within seconds."""
    deadline = time.monotonic() + 5
    while any(map(is_running, processes)):
        assert time.monotonic() < deadline, processes
        time.sleep(0.02)
