"""The docs say what is so."""

import re
import subprocess
from pathlib import Path

import click
import pytest

from corpus.errors import Reason
from index.encoders.hashing import HashingEncoder
from service.app import create_app
from service.cli import pincite
from service.library import Library
from service.settings import Settings

_ROOT = Path(__file__).parents[1]
_DOCS = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md")])


def _text(name: str) -> str:
    return (_ROOT / name).read_text(encoding="utf-8")


def _commands(group: click.Command, path: str = "pincite") -> list[str]:
    if not isinstance(group, click.Group):
        return [path]
    return [
        one
        for name, command in group.commands.items()
        for one in _commands(command, f"{path} {name}")
    ]


def test_every_setting_is_in_operations() -> None:
    """Each setting has its row in docs/operations.md, with its default."""
    text = _text("docs/operations.md")
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `PINCITE_{name.upper()}` \| (.*?) \|", text, re.MULTILINE)
        assert row, name
        if name != "home":
            assert row[1] == f"`{field.default}`"


def test_every_command_is_in_the_interface_and_has_help() -> None:
    """Each command is in docs/interface.md and says in its help what it does."""
    text = _text("docs/interface.md").replace("`, `", " | ")
    for command in _commands(pincite):
        *parents, last = command.split()
        known = command in text or (" ".join(parents) in text and f"| {last}" in text)
        assert known, command
    for name, subcommand in pincite.commands.items():
        assert subcommand.get_short_help_str(), name


def test_every_route_is_in_the_interface(tmp_path: Path) -> None:
    """Each route of the API stands in docs/interface.md with its method."""
    text = _text("docs/interface.md")
    paths = create_app(Library(tmp_path, HashingEncoder())).openapi()["paths"]
    for path, methods in paths.items():
        for method in methods:
            assert f"{method.upper()} {path}" in text, path


def test_every_reason_to_skip_a_file_is_in_the_interface() -> None:
    """Each reason that a report may give stands in docs/interface.md."""
    text = _text("docs/interface.md")
    assert [reason for reason in Reason if f"`{reason.value}`" not in text] == []


def test_the_map_is_the_tree() -> None:
    """docs/architecture.md names every source file, and only files that exist."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    tree = {
        name
        for name in listed
        if name.split("/")[0] in {"corpus", "index", "service", "evaluation"}
        and (_ROOT / name).exists()
        and not name.endswith("__init__.py")
    }
    named = set(re.findall(r"^\| `([^`]+)` \|", _text("docs/architecture.md"), re.MULTILINE))
    assert named == tree


@pytest.mark.parametrize("path", _DOCS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link in the docs leads to a file that exists."""
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:")):
            assert (path.parent / target).exists(), target


def test_the_readme_needs_two_commands() -> None:
    """README's set-up commands are `make serve` and `make test`, and both are targets."""
    fenced = "\n".join(re.findall(r"```(?:sh|console)\n(.*?)```", _text("README.md"), re.DOTALL))
    targets = re.findall(r"^(?:\$ )?make (\w+)", fenced, re.MULTILINE)
    assert targets == ["serve", "test"]
    for target in targets:
        assert re.search(rf"^{target}:", _text("Makefile"), re.MULTILINE)


def test_the_settings_that_the_docs_name_exist() -> None:
    """No page speaks of a PINCITE_* setting that is not there."""
    known = {f"PINCITE_{name.upper()}" for name in Settings.model_fields}
    for path in _DOCS:
        assert set(re.findall(r"PINCITE_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8"))) <= known
