"""The doctor finds what hashes cannot: a build that was written wrong."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from index.collection import Collection, Folders
from index.doctor import Finding, examine
from index.encoders.hashing import HashingEncoder
from index.encoders.weights import sha256_of
from index.errors import EncoderError
from index.layout import Layout
from index.manifest import read_manifest
from tests.building import indexed


def faults(home: Path) -> list[Finding]:
    """Return what is not sound."""
    return [finding for finding in examine(Folders(home), HashingEncoder) if not finding.sound]


def reseal(layout: Layout) -> None:
    """Write a manifest whose hashes fit the files as they are now."""
    manifest = read_manifest(layout)
    files = {name: sha256_of(layout.folder / name) for name in manifest.files}
    body = {**json.loads(manifest.to_json()), "files": files}
    body.pop("seal")
    changed = type(manifest)(**{**body, "counts": manifest.counts})
    layout.manifest.write_text(changed.to_json(), encoding="utf-8")


def sql(statement: str) -> Callable[[Layout], None]:
    """Return a change of the catalog."""

    def change(layout: Layout) -> None:
        connection = sqlite3.connect(layout.catalog)
        with connection:
            connection.execute(statement)
        connection.close()

    return change


def stretch_a_vector(layout: Layout) -> None:
    """Make the first vector twice as long."""
    vectors = np.load(layout.vectors)
    vectors[0] *= 2
    np.save(layout.vectors, vectors)


def test_a_sound_home_has_no_fault(tmp_path: Path) -> None:
    """Every promise holds on a fresh build, and the doctor writes nothing."""
    indexed(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert faults(tmp_path) == []
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (sql("UPDATE passages SET text = text || '!' WHERE row = 1"), "quotes"),
        (sql("UPDATE sentences SET line = line + 1 WHERE ordinal = 2"), "places"),
        (sql("UPDATE sentences SET utf16_end = utf16_end + 1 WHERE ordinal = 1"), "places"),
        (sql("UPDATE sentences SET section = '[\"Elsewhere\"]' WHERE ordinal = 2"), "places"),
        (sql("DELETE FROM sentences WHERE passage = 1 AND place = 0"), "quotes and places"),
        (stretch_a_vector, "vectors"),
    ],
    ids=["passage", "line", "utf-16", "section", "lost sentence", "vector"],
)
def test_each_broken_promise_is_found(
    tmp_path: Path, change: Callable[[Layout], None], what: str
) -> None:
    """A build whose hashes are right but whose content is not is a fault with a mend."""
    layout = indexed(tmp_path).published().layout
    change(layout)
    reseal(layout)
    found = faults(tmp_path)
    assert [finding.what for finding in found] == [f"default: {what}"]
    assert found[0].mend


def test_a_model_that_cannot_be_had_is_a_fault(tmp_path: Path) -> None:
    """What is on disk is checked all the same."""
    indexed(tmp_path)

    def missing() -> HashingEncoder:
        raise EncoderError("the packaged model is not installed")

    found = examine(Folders(tmp_path), missing)
    assert [finding.what for finding in found if not finding.sound] == ["model"]
    assert any(finding.what == "default: quotes and places" for finding in found)


def test_a_build_that_died_is_named_and_is_no_fault(tmp_path: Path) -> None:
    """It is not served, and the next writer removes it."""
    collection: Collection = indexed(tmp_path)
    (collection.folder / "builds" / ".building-x").mkdir()
    found = [one for one in examine(Folders(tmp_path), HashingEncoder) if "died" in one.what]
    assert len(found) == 1
    assert found[0].sound
    assert "next pincite index" in found[0].mend


def test_an_empty_home_is_sound(tmp_path: Path) -> None:
    """Nothing indexed is no fault."""
    assert faults(tmp_path) == []
