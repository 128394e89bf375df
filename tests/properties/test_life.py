"""Any life of a collection, crashes included, ends where a fresh build of the same files ends."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from index.collection import Collection, Folders
from index.doctor import examine
from index.encoders.hashing import HashingEncoder
from index.update import activate, update
from tests.building import makers, write
from tests.index.builds import content

NAMES = st.sampled_from(["a.txt", "b.md", "ward/c.txt", "d.html"])
TEXTS = st.sampled_from(
    [
        "Take 5 mg of baclofen at night.",
        "take 5 mg of Baclofen at night\n\nTell your nurse about every fall.",
        "Multiple sclerosis (MS) makes muscles stiff. Take 10 mg of baclofen at night.",
        "Tell the nurse about every fall.\n\nIt's an aid to stretching. It is an aid to stretching",
    ]
)
_CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate"}


class Killed(BaseException):
    """Raised in place of every change to the disk, from a chosen one on: as if killed there."""


class _Moment:
    """How many changes to the disk are still let through; None lets all through."""

    left: int | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _Moment.left is None:
        return
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & 3
    if event in _CHANGES or event == "sqlite3.connect" or writes:
        if _Moment.left <= 0:
            raise Killed
        _Moment.left -= 1


sys.addaudithook(_watch)


class Life(RuleBasedStateMachine):
    """A folder of leaflets, and the collection that follows it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="pincite-life-"))
        self.source = self.folder / "source"
        self.source.mkdir()
        self.collection = Collection(self.folder / "home", "default")
        self.held: dict[str, dict[str, Any]] = {}  # build -> what it held when it was published

    def teardown(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.folder)

    @initialize(text=TEXTS)
    def begin(self, text: str) -> None:
        """Index a first leaflet."""
        self.add_or_change("a.txt", text)
        self.index()

    @rule(name=NAMES, text=TEXTS)
    def add_or_change(self, name: str, text: str) -> None:
        """Write a file."""
        write(self.source, {name: f"{text}\n"})

    @rule(name=NAMES, to=NAMES)
    def rename(self, name: str, to: str) -> None:
        """Rename a file, over another if need be."""
        if (self.source / name).exists():
            (self.source / to).parent.mkdir(exist_ok=True)
            (self.source / name).replace(self.source / to)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        """Delete a file."""
        (self.source / name).unlink(missing_ok=True)

    @rule()
    def index(self) -> None:
        """Bring the collection up to date: it equals a fresh build of the folder."""
        update(self.collection, [self.source], makers())
        fresh = Collection(Path(tempfile.mkdtemp(dir=self.folder)), "default")
        update(fresh, [self.source], makers())
        if fresh.current() is None:
            assert content(self.collection)["documents"] == []
        else:
            assert content(self.collection) == content(fresh)
        self.look()

    @rule(steps=st.integers(0, 60), what=st.sampled_from(["index", "prune", "activate"]))
    def crash(self, steps: int, what: str) -> None:
        """Be killed at a step of something: a whole build is published, the old or the new."""
        before = self.collection.current()
        oldest = self.collection.builds()[0]
        _Moment.left = steps
        try:
            if what == "index":
                update(self.collection, [self.source], makers())
            elif what == "activate":
                activate(self.collection, oldest)
            else:
                with self.collection.writing():
                    self.collection.prune(1)
        except Killed:
            pass
        finally:
            _Moment.left = None
        if what == "prune":
            assert self.collection.current() == before
        self.look()

    @rule()
    def restart(self) -> None:
        """Begin again with what is on disk."""
        self.collection = Collection(self.folder / "home", "default")

    @rule(keep=st.integers(1, 3))
    def prune(self, keep: int) -> None:
        """Delete old builds."""
        with self.collection.writing():
            self.collection.prune(keep)
        self.look()

    @precondition(lambda self: len(self.held) > 1)
    @rule(choice=st.integers(0, 9))
    def go_back(self, choice: int) -> None:
        """Publish a kept build again: it holds what it held."""
        builds = self.collection.builds()
        activate(self.collection, builds[choice % len(builds)])
        self.look()

    def look(self) -> None:
        """Compare what is published with what it was, and let the doctor look at the rest."""
        current = str(self.collection.current())
        found = content(self.collection)
        assert self.held.setdefault(current, found) == found
        faults = [
            one for one in examine(Folders(self.folder / "home"), HashingEncoder) if not one.sound
        ]
        assert faults == []


Life.TestCase.settings = settings(
    max_examples=6,
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLife = Life.TestCase
