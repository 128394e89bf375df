"""What an update did, for people and for machines."""

import json
from collections.abc import Sequence

import click

from corpus.reading import Skipped
from index.update import Report


def report_json(report: Report, *, dry_run: bool) -> str:
    """Return a report as JSON."""
    counts = report.counts
    return json.dumps(
        {
            "build": report.build,
            "dry_run": dry_run,
            "added": report.added,
            "changed": report.changed,
            "removed": report.removed,
            "unchanged": report.unchanged,
            "skipped": [
                {"uri": one.uri, "reason": one.reason.value, "detail": one.detail}
                | {"fault": one.fault}
                for one in report.skipped
            ],
            "skipped_count": len(report.skipped),
            "counts": None
            if counts is None
            else {
                "documents": counts.documents,
                "sentences": counts.sentences,
                "passages": counts.passages,
                "exact_duplicates": counts.exact_duplicates,
                "near_duplicates": counts.near_duplicates,
            },
        },
        ensure_ascii=False,
        indent=2,
    )


def print_report(report: Report, *, dry_run: bool, err: bool = False) -> None:
    """Print a report: each change on a line, each skipped file with its reason, then the sum."""
    for verb, uris in (
        ("add", report.added),
        ("change", report.changed),
        ("remove", report.removed),
    ):
        for uri in uris:
            click.echo(f"{verb:7} {uri}", err=err)
    print_skipped(report.skipped)
    if dry_run:
        click.echo(f"{_sum(report)}; nothing was written (--dry-run)", err=err)
    elif report.build is None:
        click.echo(f"nothing has changed ({len(report.unchanged)} documents)", err=err)
    else:
        counts = report.counts
        assert counts is not None
        merged = counts.exact_duplicates + counts.near_duplicates
        click.echo(
            f"{_sum(report)}; published build {report.build}: {counts.documents} documents, "
            f"{counts.sentences} sentences, {counts.passages} passages "
            f"({merged} repeats merged, {counts.near_duplicates} of them near)",
            err=err,
        )
        if report.dense is not None and not report.dense.reaches_goal:
            click.echo(f"search by meaning: {report.dense}; pincite doctor", err=True)


def print_skipped(skipped: Sequence[Skipped]) -> None:
    """List what was not read, on standard error."""
    for one in skipped:
        click.echo(f"skipped {one.uri} ({one.reason}): {one.detail}", err=True)


def has_fault(report: Report) -> bool:
    """Tell whether a file was skipped that should have been read."""
    return any(one.fault for one in report.skipped)


def _sum(report: Report) -> str:
    return (
        f"{len(report.added)} added, {len(report.changed)} changed, {len(report.removed)} removed, "
        f"{len(report.unchanged)} unchanged, {len(report.skipped)} skipped"
    )
