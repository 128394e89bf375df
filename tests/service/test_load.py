from pathlib import Path

from tests.building import write
from tests.processes import serving
from tests.slow.load import put_under_load

QUESTIONS = [
    "how long do these spasms last",
    "tell your nurse about every fall",
    "how much baclofen do I take",
]


def test_twenty_clients_get_what_one_gets_and_a_stop_breaks_nothing_off(tmp_path: Path) -> None:
    """For three seconds every answer is right or a refusal; told to stop, none is cut short."""
    with serving(tmp_path / "home", write(tmp_path / "source")) as served:
        done = put_under_load(served, QUESTIONS, clients=20, seconds=3)
        log = served.log()
    assert done.faults == []
    assert done.unfinished == 0
    assert done.statuses[200] > 20
    assert set(done.statuses) <= {200, 429, 503}
    assert done.exit_status == 0
    assert "Traceback" not in log
    assert done.flat
