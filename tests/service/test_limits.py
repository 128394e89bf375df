import json
import subprocess
from pathlib import Path

import pytest

from tests.building import write
from tests.processes import PINCITE, environment, run

_MANY_WORDS = "Rest first and drink enough.\n\n" * 400_000


@pytest.mark.parametrize(
    ("setting", "value", "text", "reason"),
    [
        ("PINCITE_LARGEST_FILE", "1000", "Rest first. " * 100, "too_large"),
        ("PINCITE_LARGEST_TEXT", "1000", "Rest first. " * 100, "too_much_text"),
        ("PINCITE_LARGEST_TEXT", "1000", "Rest\n\n" * 100, "too_much_text"),
        ("PINCITE_READ_SECONDS", "0.3", _MANY_WORDS, "too_slow"),
        ("PINCITE_READ_MEMORY", "16777216", _MANY_WORDS, "too_much_memory"),
    ],
)
def test_a_limit_costs_one_file_and_names_its_setting(
    tmp_path: Path, setting: str, value: str, text: str, reason: str
) -> None:
    """The file is listed with the setting to raise, the other is indexed, the status is 1."""
    source = write(tmp_path / "source", {"big.txt": text, "small.txt": "Rest.\n"})
    ended = run(tmp_path / "home", "index", "--json", source, **{setting: value})
    report = json.loads(ended.stdout)
    assert (ended.returncode, report["added"]) == (1, ["small.txt"])
    assert [(one["uri"], one["reason"]) for one in report["skipped"]] == [("big.txt", reason)]
    assert setting in report["skipped"][0]["detail"]


def test_a_stray_file_beside_the_leaflets_is_not_run(tmp_path: Path) -> None:
    """Started in a folder with a corpus.py, pincite reads with its own."""
    source = write(tmp_path / "source", {"a.txt": "Rest.\n", "corpus.py": "raise SystemExit(7)\n"})
    ended = subprocess.run(
        [PINCITE, "index", "."],
        cwd=source,
        env=environment(tmp_path / "home"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "1 added" in ended.stdout
