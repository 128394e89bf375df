import re
import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evaluation.compare import compare
from evaluation.integrity import Integrity
from evaluation.measures import MEASURES
from evaluation.report import report
from evaluation.run import Run
from tests.evaluation.runs import made, outcome

pytest.importorskip("matplotlib", reason="the extra 'report' is not installed")

_VOID = {"meta", "img"}


class _Page(HTMLParser):
    """Collects a page's tags, images and text; fails on a tag that is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def _run() -> Run:
    outcomes = [outcome(n, n / 40, right=n % 3 > 0, answerable=n % 4 > 0) for n in range(40)]
    run = made(outcomes)
    return replace(run, by_kind={"<b>typo & $x$": run.result})


def _page(text: str) -> _Page:
    page = _Page()
    page.feed(text)
    assert page.open == []
    return page


def test_the_report_opens_offline() -> None:
    """Nothing in the page is fetched or runs: images are inside it, there is no address."""
    text = report(_run())
    page = _page(text)
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "//" not in re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert all((one["src"] or "").startswith("data:image/svg+xml;base64,") for one in page.images)


def test_the_plots_are_drawn() -> None:
    """Five plots, each an SVG with drawn paths and with words for who cannot see it."""
    page = _page(report(_run()))
    assert len(page.images) == 5
    for image in page.images:
        svg = b64decode((image["src"] or "").partition("base64,")[2]).decode()
        assert "<svg" in svg
        assert svg.count("<path") > 5
        assert len(image["alt"] or "") > 30


def test_the_report_tells_all_measures() -> None:
    """Every measure stands in the page with its meaning."""
    words = _page(report(_run())).words
    assert all(name in words and one.meaning in words for name, one in MEASURES.items())
    assert "Both hard gates hold" in words


def test_texts_are_escaped() -> None:
    """A name that looks like markup is shown as it is."""
    run = replace(
        _run(),
        benchmark="<script>alert(1)</script>",
        integrity=Integrity(1, 1, 1, 0, ("<i>fault</i>",)),
    )
    text = report(run)
    assert "<script" not in text
    assert "<i>" not in text
    assert "<b>" not in text
    words = _page(text).words
    assert "<script>alert(1)</script>" in words
    assert "A hard gate does not hold." in words


def test_a_comparison_is_shown() -> None:
    """A comparison stands in the page with its difference and p-value."""
    run = _run()
    words = _page(report(run, [compare(run, run, "MRR", permutations=9)], "the other")).words
    assert "Compared with the other" in words
    assert "+0.0000" in words


def test_the_same_run_gives_the_same_page() -> None:
    """A report has no date and no random name in it."""
    assert report(_run()) == report(_run())


def test_a_run_of_one_question_is_drawn() -> None:
    """The smallest run there is has a report too."""
    assert len(_page(report(made([outcome(0, 0.0)]))).images) == 4


def test_without_the_library_the_command_is_told() -> None:
    """Without matplotlib the fault ends in the command that installs it."""
    code = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "from evaluation.report import report\n"
        "from tests.evaluation.runs import made, outcome\n"
        "try:\n"
        "    report(made([outcome(0, 0.5)]))\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.startswith("MissingLibraryError")
    assert done.stdout.strip().endswith("pip install 'pincite[report]'")
