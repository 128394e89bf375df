"""Backup, restoring and upgrade as docs/deployment.md has them, run word for word."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.building import write
from tests.processes import PINCITE, environment, one_line, run

RECIPES = Path(__file__).parents[2] / "docs" / "deployment.md"


def commands(heading: str, home: Path, backups: Path) -> str:
    """Return the shell commands under a heading, with the paths of this test."""
    text = RECIPES.read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    fenced = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
    assert fenced, heading
    for written, here in (
        ("/var/lib/pincite", home),
        ("/srv/backups", backups),
        ("/opt/pincite/bin/pincite", PINCITE),
        ("/opt/pincite.new/bin/pincite", PINCITE),
        ("/srv/leaflets", home.parent / "source"),
    ):
        fenced = fenced.replace(written, str(here))
    lines = fenced.splitlines()
    return "\n".join(line for line in lines if not line.startswith(("systemctl ", "chown ")))


def shell(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run commands until one fails."""
    variables = environment(home)
    del variables["PINCITE_HOME"]
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a HOME with one build; skip where the commands of the recipes are not."""
    for program in ("bash", "flock", "tar", "sha256sum"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not here to run the recipe with")
    write(tmp_path / "source")
    (tmp_path / "backups").mkdir()
    assert run(tmp_path / "home", "index", tmp_path / "source").returncode == 0
    return tmp_path / "home"


def test_what_was_backed_up_is_restored_and_sound(home: Path, tmp_path: Path) -> None:
    """After the loss of HOME the commands bring the same build back, found sound by doctor."""
    current = home / "collections" / "default" / "CURRENT"
    build = current.read_text(encoding="utf-8")
    done = shell(commands("Backup", home, tmp_path / "backups"), home)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(home)
    done = shell(commands("Restore", home, tmp_path / "backups"), home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert current.read_text(encoding="utf-8") == build
    assert "quotes and places" in done.stdout


def test_a_damaged_backup_is_not_restored(home: Path, tmp_path: Path) -> None:
    """Its checksum is compared first; HOME stays as it was."""
    assert shell(commands("Backup", home, tmp_path / "backups"), home).returncode == 0
    (archive,) = (tmp_path / "backups").glob("*.tar.gz")
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 1
    archive.write_bytes(data)
    before = sorted(home.rglob("*"))
    assert shell(commands("Restore", home, tmp_path / "backups"), home).returncode != 0
    assert sorted(home.rglob("*")) == before


def test_nothing_is_indexed_while_a_backup_is_made(home: Path, tmp_path: Path) -> None:
    """The recipe holds the lock that indexing takes."""
    script = commands("Backup", home, tmp_path / "backups")
    lock = home / "collections" / "default" / "LOCK"
    assert f"flock {lock} " in script
    held = subprocess.run(
        ["flock", str(lock), PINCITE, "index", str(tmp_path / "source")],
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert held.returncode == 1
    assert "another process is indexing" in one_line(held.stderr)


def test_an_upgrade_is_made_aside(home: Path, tmp_path: Path) -> None:
    """The new HOME is whole, keeps the site's own files, and the old one is untouched."""
    synonyms = home / "collections" / "default" / "synonyms.txt"
    synonyms.write_text("physio, physiotherapy\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    done = shell(commands("Upgrade", home, tmp_path / "backups"), home)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before
    new = Path(f"{home}.new")
    assert (new / "collections" / "default" / "synonyms.txt").exists()
    found = run(new, "ask", "how long do these spasms last")
    assert "60 to 90 seconds" in found.stdout
