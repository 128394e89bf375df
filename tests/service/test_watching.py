"""A real server that watches a real folder."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from tests.building import write
from tests.processes import Served, run, serving

PATIENCE_SECONDS = 60.0


def eventually(true: Callable[[], bool], served: Served) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, served.log()
        time.sleep(0.2)


def uris(served: Served) -> list[str]:
    """Return what is served."""
    found = httpx2.get(f"{served.url}/v1/documents", timeout=30).json()["documents"]
    return [one["uri"] for one in found]


def log(served: Served) -> str:
    """Return what the server has said."""
    return served.log()


def test_what_changes_is_served_without_a_restart(tmp_path: Path) -> None:
    """A new file, a changed and a deleted one, a folder moved away and one put in its place."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    with serving(home, source, "--watch") as served:
        write(source, {"ward/new.txt": "Visiting hours end at eight.\n"})
        eventually(lambda: "ward/new.txt" in uris(served), served)
        write(source, {"ward/new.txt": "Visiting hours end at nine.\n"})
        (source / "tablets.txt").unlink()
        eventually(lambda: uris(served) == ["spasms.txt", "ward/new.txt"], served)

        def quoted() -> bool:
            asked = {"question": "when do visiting hours end"}
            found = httpx2.post(f"{served.url}/v1/search", json=asked, timeout=30).json()
            return str(found["citations"][0]["quote"]) == "Visiting hours end at nine."

        eventually(quoted, served)
        source.rename(tmp_path / "away")
        eventually(lambda: "not there, so nothing is indexed" in log(served), served)
        assert uris(served) == ["spasms.txt", "ward/new.txt"]
        write(source, {"other.txt": "Another leaflet.\n"})
        eventually(lambda: uris(served) == ["other.txt"], served)
        assert "Traceback" not in log(served)


def test_a_failing_update_is_logged_and_tried_again_at_the_next_change(tmp_path: Path) -> None:
    """While HOME has garbage in the site's list nothing is published; mended, the change is."""
    home, source = tmp_path / "home", write(tmp_path / "source")
    with serving(home, source, "--watch") as served:
        eventually(lambda: "watching " in log(served), served)
        synonyms = home / "collections" / "default" / "synonyms.txt"
        synonyms.write_text("alone\n", encoding="utf-8")
        write(source, {"new.txt": "Visiting hours end at eight.\n"})
        eventually(lambda: "indexing failed" in log(served), served)
        assert "only one term" in log(served)
        assert "new.txt" not in uris(served)
        synonyms.unlink()
        write(source, {"more.txt": "One more.\n"})
        eventually(lambda: {"new.txt", "more.txt"} <= set(uris(served)), served)
        builds = httpx2.get(f"{served.url}/v1/builds", timeout=30).json()["builds"]
        assert len(builds) == 2, json.dumps(builds)


def test_watching_needs_something_to_watch(tmp_path: Path) -> None:
    """`--watch` without a PATH is wrong usage."""
    done = run(tmp_path / "home", "serve", "--watch")
    assert done.returncode == 2
    assert "--watch needs a PATH to watch" in done.stderr.splitlines()[-1]
