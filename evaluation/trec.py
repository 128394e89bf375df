"""Runs and judgements in the files that other evaluation tools read (TREC's trec_eval)."""

from collections.abc import Iterator
from urllib.parse import quote

from evaluation.run import Run

_SAFE = "/:@!$&'()*+,;=~[]?"


def run_text(run: Run) -> str:
    """Return the run, one line a unit: question, Q0, unit, rank, score, name.

    Tools sort by the score and order equal scores by name, so the score is made of the rank and
    falls strictly. White space in ids is percent-encoded, because it parts the columns.
    """
    return "".join(
        f"{_column(question_id)} Q0 {_column(unit)} {rank} {len(units) + 1 - rank} "
        f"{_column(f'pincite-{run.mode}')}\n"
        for question_id, units in run.rankings.items()
        for rank, unit in enumerate(units, start=1)
    )


def qrels_text(run: Run) -> str:
    """Return the judged units, one line each: question, 0, unit, grade."""
    return "".join(_qrels(run))


def _qrels(run: Run) -> Iterator[str]:
    for question_id, units in run.relevant.items():
        for unit, grade in units.items():
            yield f"{_column(question_id)} 0 {_column(unit)} {grade}\n"


def _column(identity: str) -> str:
    return quote(identity, safe=_SAFE)
