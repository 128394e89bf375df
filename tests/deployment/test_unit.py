"""The systemd unit of docs/deployment, read by systemd's own checker."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deployment.proxies import FILES, changed

MOST_EXPOSED = "20"
"""Tenths of systemd's exposure level, 0 to 100; a unit without any hardening has 96."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Return the unit with a program that is here; skip where systemd is not."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here to check the unit")
    text = (FILES / "pincite.service").read_text(encoding="utf-8")
    program = str(Path(sys.executable).with_name("pincite"))
    file = tmp_path / "pincite.service"
    file.write_text(changed(text, {"/opt/pincite/bin/pincite": program}), encoding="utf-8")
    return file


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze to its end."""
    return subprocess.run(
        ["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_systemd_knows_every_line(unit: Path) -> None:
    """`systemd-analyze verify` says nothing at all: no unknown name, no bad value."""
    done = analyze("verify", unit)
    if "unix" in done.stderr.lower() and "Failed to" in done.stderr:
        pytest.skip("systemd-analyze cannot look at units on this machine")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_little_is_exposed(unit: Path) -> None:
    """Its exposure level is at most 2.0 of 10."""
    done = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}", unit)
    if "unrecognized option" in done.stderr or "--offline" in done.stderr:
        pytest.skip("this systemd is too old to judge a unit offline")
    assert done.returncode == 0, done.stdout[-400:] + done.stderr
