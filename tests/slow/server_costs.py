"""What all of a PostgreSQL server's processes together have used, and hold."""

import os
from pathlib import Path

from evaluation.served import processor_seconds
from tests.servers import Server

_OF_CHILDREN = slice(13, 15)
"""In /proc/PID/stat, after the name: what children that have ended had used."""


def processor(server: Server) -> float:
    """Return the seconds of a processor that they have had, those that have ended included."""
    whole = sum(map(processor_seconds, server.processes()))
    assert server.process is not None
    stat = Path(f"/proc/{server.process.pid}/stat").read_text(encoding="ascii")
    ended = map(int, stat.rpartition(")")[2].split()[_OF_CHILDREN])
    return whole + sum(ended) / os.sysconf("SC_CLK_TCK")


def memory(server: Server) -> float:
    """Return the bytes that they hold, what they share counted once (PSS)."""
    kilobytes = 0
    for process in server.processes():
        for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return 1024.0 * kilobytes
