"""What docs/dialects.md shows, run."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import Served, serving

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "dialects.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve the sample leaflet with the packaged models, as `pincite serve` does."""
    home = tmp_path_factory.mktemp("recipes") / "home"
    with serving(home, PINCITE_ENCODER="", PINCITE_RERANKER="") as running:
        yield running


def test_every_recipe_has_its_output() -> None:
    """No Python in the page that is not run."""
    assert len(RECIPES) == TEXT.count("```python") == 6


@pytest.mark.parametrize(
    ("script", "printed"), RECIPES, ids=[str(number) for number in range(1, len(RECIPES) + 1)]
)
def test_a_recipe_prints_what_the_page_says(
    sample: Served, tmp_path: Path, script: str, printed: str
) -> None:
    """In a folder with the copied retrievers, against the serving process."""
    for file in (ROOT / "service" / "clients").glob("*_retriever.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "recipe.py").write_text(script.replace("http://127.0.0.1:8000", sample.url))
    done = subprocess.run(
        [sys.executable, "recipe.py"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == printed, done.stderr
