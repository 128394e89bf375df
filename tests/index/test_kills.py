from pathlib import Path

from tests.slow.kills import kill_at_random


def test_killed_at_random_moments_it_answers_rightly_all_along(tmp_path: Path) -> None:
    """Five kills of writers: no wrong or failed answer, no fault on disk, and the next index ends.

    `make crash` does the same two hundred times.
    """
    done = kill_at_random(tmp_path, kills=5, seed=7, leaflets=100)
    assert done.faults == []
    assert sum(done.killed.values()) == 5
    assert done.answers > 0
