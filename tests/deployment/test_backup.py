"""Backup and restore of a database, by the commands that docs/scaling.md gives."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.building import LEAFLETS, write
from tests.processes import run
from tests.servers import Cluster, fresh_database

_PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"


@pytest.fixture
def commands() -> tuple[str, str]:
    """Return the page's commands that dump and restore."""
    page = _PAGE.read_text(encoding="utf-8")
    dump = re.search(r"^pg_dump .*?(?=\s+#)", page, re.MULTILINE)
    restore = re.search(r"^pg_restore .*?(?=\s+#)", page, re.MULTILINE)
    assert dump
    assert restore
    return dump[0], restore[0]


def test_a_restored_dump_answers_as_before(
    postgres: Cluster, database: str, tmp_path: Path, commands: tuple[str, str]
) -> None:
    """Into an empty database with pgvector; the doctor finds every table as it was."""
    source = write(tmp_path / "source", LEAFLETS)
    address = postgres.primary.dsn(database)
    assert run(tmp_path / "home", "index", source, PINCITE_ENGINE=address).returncode == 0
    ask = ("ask", "These spasms usually last 60 to 90 seconds", "--json")
    before = run(tmp_path / "home", *ask, PINCITE_ENGINE=address)
    with fresh_database(postgres.primary) as empty:
        with postgres.primary.connect(empty) as connection:
            connection.execute("CREATE EXTENSION vector")
        restored = postgres.primary.dsn(empty)
        for command in commands:
            done = subprocess.run(
                ["bash", "-c", command],
                env={
                    "PATH": f"{postgres.primary.programs}:/usr/bin:/bin",
                    "DATABASE": address,
                    "EMPTY": restored,
                },
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        doctor = run(tmp_path / "other", "doctor", PINCITE_ENGINE=restored)
        assert doctor.returncode == 0, doctor.stdout
        after = run(tmp_path / "other", *ask, PINCITE_ENGINE=restored)
    assert before.returncode == after.returncode == 0
    timed = re.compile(r'"(request_id|took_ms)": [^,\n}]*')
    assert timed.sub("", before.stdout) == timed.sub("", after.stdout)
    assert "60 to 90 seconds" in after.stdout
