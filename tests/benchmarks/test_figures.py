from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.figures import Spread, over_rounds
from benchmarks.targets import TARGETS
from tests.benchmarks.runs import run


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    """JSON holds all of it, rounds without figures too."""
    path = tmp_path / "run.json"
    path.write_text(run().to_json(), encoding="utf-8")
    assert figures.read(path) == run()


def test_a_figure_is_the_median_of_the_rounds_that_have_it() -> None:
    """A round that failed has none; the least and the most stand beside it."""
    systems = run().systems
    assert over_rounds(systems["floor"], figures.p50) == Spread(25.0, 20.0, 30.0)
    assert over_rounds(systems["near"], figures.p50) == Spread(80.0, 80.0, 80.0)
    assert over_rounds(systems["near"], figures.p50_over_http) is None


@pytest.mark.parametrize(
    ("what", "by_round", "reached"),
    [
        ("best peer's of its kind", [8 / 80], True),
        ("best hybrid peer's, context or none", [8 / 25, 9 / 30], True),
        ("bare cost of encoding", [8 / 5, 9 / 5], False),
        ("32 clients ÷ 1", [4, 4], True),
        ("best peer's server", [480 / 120, 440 / 80], True),
        ("files to published", [600 / 200, 200 / 100], True),
        ("command to ready, s", [0.6, 1.8], True),
        ("importing sentence-transformers", [0.6 / 6, 1.8 / 12], True),
        ("resident memory", [300, 300], True),
    ],
)
def test_a_ratio_is_taken_within_each_round(
    what: str,
    by_round: list[float],
    reached: bool,  # noqa: FBT001 - a column of the table above
) -> None:
    """Against the best of the others in the same round; the median decides."""
    made = run()
    (target,) = [one for one in TARGETS if what in one.what]
    value = target.measure(made, made.systems["pincite-x"])
    middle = sum(by_round) / len(by_round)  # of one or two
    assert value is not None
    assert (value.median, value.least, value.most) == pytest.approx(
        (middle, min(by_round), max(by_round))
    )
    assert target.reached(value) == reached


def test_a_target_without_the_other_side_is_not_judged() -> None:
    """No peers, no ratio: nothing is said to be reached."""
    made = run()
    alone = {"pincite-x": made.systems["pincite-x"]}
    one = replace(made, systems=alone)
    told = [target for target in TARGETS if target.measure(one, alone["pincite-x"]) is not None]
    assert len(told) == 4  # against itself, and sizes
