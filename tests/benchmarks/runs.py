"""Runs made for the tests."""

from benchmarks.figures import Measured, Round, Run, Sitting
from benchmarks.systems import DENSE, HYBRID, HYBRID_WITH_CONTEXT


def sitting(p50: float, rate: float, *, ready: float = 2.0, faults: int = 0) -> Sitting:
    """Return a sitting whose many clients get three and four times the rate of one."""
    return Sitting(
        ready_seconds=ready,
        resident_mb=300.0,
        p50=p50,
        p95=2 * p50,
        rates={"1": rate, "8": 3 * rate, "32": 4 * rate},
        right=0.9,
        context=1.0,
        faults=faults,
        first_fault="ValueError: told to" if faults else "",
    )


def measured(kind: str, *rounds: Round, ours: bool = False, title: str = "a system") -> Measured:
    """Return a system."""
    return Measured(title, kind, ours, {"python": "3.11.7", "numpy": "2.4.6"}, rounds)


def run() -> Run:
    """Return two rounds of ours, the floor, a hybrid peer with a server, one with context."""
    return Run(
        date="2026-11-29",
        command="python -m benchmarks.run --rounds=2",
        commit="abc1234",
        machine={"processor": "P", "cores": 2, "memory_gib": 24, "system": "Linux 6"},
        sentences=100_000,
        index_sentences=5_000,
        systems={
            "floor": measured(
                DENSE,
                Round(200.0, 8.0, 6.0, sitting(20.0, 50.0)),
                Round(100.0, 8.0, 12.0, sitting(30.0, 40.0)),
                title="floor",
            ),
            "beside": measured(
                HYBRID,
                Round(50.0, 9.0, None, sitting(25.0, 40.0), sitting(35.0, 30.0)),
                Round(40.0, 9.0, None, sitting(30.0, 30.0), sitting(40.0, 20.0, faults=2)),
                title="beside",
            ),
            "near": measured(
                HYBRID_WITH_CONTEXT,
                Round(50.0, 9.0, None, sitting(80.0, 12.0)),
                Round(fault="near: the adapter ended at 'open'"),
                title="near",
            ),
            "pincite-x": measured(
                HYBRID_WITH_CONTEXT,
                Round(600.0, 5.0, None, sitting(6.0, 160.0), sitting(8.0, 120.0, ready=0.6)),
                Round(200.0, 5.0, None, sitting(7.0, 150.0), sitting(9.0, 110.0, ready=1.8)),
                ours=True,
                title="Pincite",
            ),
        },
    )
