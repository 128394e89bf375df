"""What a run is to do, and where its files lie."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from benchmarks.systems import System

CLIENTS = (1, 8, 32)
TOP = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """Sizes and folders; a client asks `questions` questions, or fewer where `seconds` are over."""

    peers: Path
    work: Path
    model: str
    sentences: int
    index_sentences: int
    rounds: int
    questions: int
    seconds: float

    def texts(self, count: int) -> Path:
        """Return the folder of so many sentences: text files, and the same as JSON lines."""
        return self.work / f"texts-{count}"

    def store(self, system: System) -> Path:
        """Return the folder of a system's index of all sentences."""
        return self.work / f"stores-{self.sentences}" / system.name

    @property
    def log(self) -> Path:
        """What the systems print."""
        return self.work / "log.txt"


def emptied(folder: Path) -> Path:
    """Return the folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
