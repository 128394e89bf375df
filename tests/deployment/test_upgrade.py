"""Two versions side by side over one database, as docs/scaling.md has an upgrade.

The newer version is this one with what makes a version newer: a format of builds, an engine's way
to store them, a migration of the tables that outlive builds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.building import LEAFLETS, write
from tests.processes import Served, one_line, run, serving
from tests.servers import Cluster

_ROOT = Path(__file__).parents[2]
_NEWER = {
    "format": "import index.layout; index.layout.FORMAT += 1",
    "engine": "import index.postgres.kept; index.postgres.kept.ENGINE = 'postgresql:99'",
    "migration": (
        "import index.postgres.migrations as of\n"
        "known = of._known()\n"
        "known[max(known) + 1] = 'ALTER TABLE {area}.records ADD COLUMN since timestamptz'\n"
        "of._known = lambda: known"
    ),
}
OLD = "These spasms usually last 60 to 90 seconds."
NEW = "These spasms usually last two minutes."
_RECORD_SECONDS = 12.0
"""How long it takes until whoever lost the table of keys says so, and some more."""


class _Site:
    """A database, and the two versions of Pincite that use it."""

    def __init__(self, folder: Path, engine: str, *changes: str) -> None:
        self.folder = folder
        self._settings = {"PINCITE_ENGINE": engine}
        (folder / "newer").mkdir()
        code = "\n".join(_NEWER[one] for one in changes)
        (folder / "newer" / "sitecustomize.py").write_text(code, encoding="utf-8")
        self._newer = {**self._settings, "PYTHONPATH": f"{folder / 'newer'}:{_ROOT}"}
        self._homes = 0

    def run(self, *words: str | Path, newer: bool = False) -> str:
        """Run a command of either version to its good end; return what it prints."""
        done = run(self.folder / "shell", *words, **self._of(newer=newer))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def fails(self, *words: str | Path, newer: bool = False) -> str:
        """Run a command that ends with one line of fault; return that."""
        done = run(self.folder / "shell", *words, **self._of(newer=newer))
        assert done.returncode != 0
        return one_line(done.stderr)

    @contextmanager
    def serving(self, *, newer: bool = False) -> Iterator[Served]:
        """Run a service of either version."""
        self._homes += 1
        with serving(self.folder / f"home-{self._homes}", **self._of(newer=newer)) as served:
            yield served

    def _of(self, *, newer: bool) -> dict[str, str]:
        return self._newer if newer else self._settings


def _quote(served: Served) -> str:
    question = {"question": "how long do these spasms last"}
    answer = httpx.post(f"{served.url}/v1/search", json=question, timeout=60)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["citations"][0]["quote"])


def _is_ready(served: Served) -> bool:
    return httpx.get(f"{served.url}/readyz", timeout=60).status_code == 200


def _current(site: _Site, *, newer: bool = False) -> str:
    (line,) = (one for one in site.run("builds", "list", newer=newer).splitlines() if one[0] == "*")
    return line.split()[1]


def test_services_of_the_old_version_go_on_while_the_new_one_indexes(
    postgres: Cluster, database: str, tmp_path: Path
) -> None:
    """They refuse the build that they cannot read, say so once, and answer from the one before.

    The tables were migrated: who is old and starts now is told so, and so is an old writer; who ran
    before reads on for as long as it likes. Services of the new version answer from the new build.
    """
    source = write(tmp_path / "source")
    site = _Site(tmp_path, postgres.primary.dsn(database), "format", "migration")
    site.run("index", source)
    before = _current(site)
    with site.serving() as old, site.serving() as idle:
        assert _quote(old) == OLD
        write(source, {"spasms.txt": LEAFLETS["spasms.txt"].replace(OLD, NEW)})
        assert "1 changed" in site.run("index", source, newer=True)
        after = _current(site, newer=True)
        assert after != before
        migrated = time.monotonic()
        refusal = f"{after} of the collection default is not served"
        assert _quote(old) == OLD
        line = next(one for one in old.log(refusal).splitlines() if refusal in one)
        assert "a newer version of Pincite made it" in line
        with site.serving(newer=True) as new:
            assert _quote(new) == NEW
            assert _is_ready(new)
            fault = site.fails("ask", "how long do these spasms last")
            assert "its tables are of a newer version" in fault
            assert "upgrade Pincite here" in site.fails("index", source)
            put = httpx.put(f"{old.url}/v1/documents/a", content="A pool.", timeout=60)
            assert put.status_code >= 400
            time.sleep(max(0.0, migrated + _RECORD_SECONDS - time.monotonic()))
            assert (_quote(old), _quote(idle), _quote(new)) == (OLD, OLD, NEW)
            assert _is_ready(old)
            assert _is_ready(idle)
        assert old.log().count(refusal) == 1
    assert _current(site, newer=True) == after


def test_without_a_migration_the_old_version_goes_back(
    postgres: Cluster, database: str, tmp_path: Path
) -> None:
    """`pincite builds activate` of the old version: old services answer, and may start again."""
    source = write(tmp_path / "source")
    site = _Site(tmp_path, postgres.primary.dsn(database), "engine")
    site.run("index", source)
    before = _current(site)
    write(source, {"spasms.txt": LEAFLETS["spasms.txt"].replace(OLD, NEW)})
    site.run("index", source, newer=True)
    assert "a newer version of Pincite made it" in site.fails("ask", "how long do spasms last")
    with site.serving(newer=True) as new:
        assert _quote(new) == NEW
        site.run("builds", "activate", before)
        with site.serving() as old:
            assert _quote(old) == OLD
        # It cannot read that one, and stays with its own.
        assert _quote(new) == NEW
        said = "pincite index reads its documents again from their originals"
        assert said in new.log(f"{before} of the collection default is not served")


def test_a_new_version_that_starts_first_says_what_to_do(
    postgres: Cluster, database: str, tmp_path: Path
) -> None:
    """It does not serve the old build in part; `pincite index` makes it anew."""
    source = write(tmp_path / "source")
    site = _Site(tmp_path, postgres.primary.dsn(database), "engine")
    site.run("index", source)
    fault = site.fails("ask", "how long do spasms last", newer=True)
    assert "pincite index reads its documents again from their originals" in fault
    site.run("index", source, newer=True)
    assert OLD in site.run("ask", "how long do these spasms last", newer=True)
