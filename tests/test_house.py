import sys
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("corpus", "index", "service", "evaluation")
INSTALLED = packages_distributions()
FOLDERS = sorted(
    path
    for path in (ROOT / "tests").rglob("*")
    if path.is_dir() and path.name != "__pycache__" and any(path.glob("*.py"))
)
MODULES = sorted(
    path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)


@pytest.mark.parametrize("package", PACKAGES)
def test_each_top_level_name_is_ours_alone(package: str) -> None:
    """No other distribution installs a package of this name over ours; what is imported is ours.

    An editable installation claims no names, so there may be none at all.
    """
    assert set(INSTALLED.get(package, [])) <= {"pincite"}
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_folder_of_tests_is_a_package(folder: Path) -> None:
    """Without __init__.py in it and above, pytest would import tests/index as `index`."""
    assert (folder / "__init__.py").is_file()
    assert (ROOT / "tests" / "__init__.py").is_file()


@pytest.mark.parametrize("folder", [ROOT / name for name in PACKAGES], ids=lambda path: path.name)
def test_every_folder_of_code_is_a_package(folder: Path) -> None:
    """A folder with modules but without __init__.py would be imported by luck alone."""
    for path in folder.rglob("*.py"):
        assert (path.parent / "__init__.py").is_file()


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_module_bears_the_name_of_another_library(module: Path) -> None:
    """Neither of the standard library nor of what is installed: a stack trace says whose it is."""
    if module.stem == "__init__":
        return
    assert module.stem not in sys.stdlib_module_names
    assert module.stem not in set(INSTALLED) - set(PACKAGES)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_module_is_a_drawer(module: Path) -> None:
    """Modules are nouns of the domain, never utils, helpers, common, core, base, types, manager."""
    drawers = {"utils", "helpers", "common", "core", "base", "types", "manager", "misc"}
    assert drawers.isdisjoint({module.stem, *module.parent.parts})
