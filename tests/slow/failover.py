"""Services, replicas and the primary killed and cut off while 50 clients ask: `make failover`.

Three services and three PostgreSQL servers, each on a machine of its own as far as the network goes
(tests.slow.site), one truth. A writer publishes build after build the whole time. Every answer is
compared with what the build that its receipt names holds; every acknowledged write is looked for at
the end. What nobody could ask or write is measured, and written into docs/scaling.md.
"""

import os
import tempfile
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click

from evaluation.timing import percentile
from index.stores import open_store
from tests import networks, servers
from tests.slow.callers import REVISION, Client, Services, Tally, Writer
from tests.slow.leaflets import sentence, write_leaflets
from tests.slow.marked import replace_marked
from tests.slow.outages import Moment, Outages
from tests.slow.site import site

PARTS = ("kills", "cuts")
DOCS = Path(__file__).parents[2] / "docs" / "scaling.md"


@dataclass(slots=True)
class Drill:
    """What came of it all."""

    moments: list[Moment]
    """What was done when, and the end."""
    reads: Tally
    writes: Tally
    acknowledged: int
    faults: list[str]
    where: str
    load: float
    """The machine's load average before it began: what else it was busy with."""


def drill(
    part: str, folder: Path, clients: int, calm_seconds: float, notice_seconds: float
) -> Drill:
    """Run a part of the drill; `notice_seconds` is how long it takes until somebody promotes."""
    load = os.getloadavg()[0]
    source = folder / "source"
    write_leaflets(source, 500)
    stable = [sentence(number) for number in range(0, 500, 25)]
    stop = threading.Event()
    with site(folder, source) as where:
        services = Services([one.url for one in where.services], where.key)
        asking = [Client(services, number, stop, stable) for number in range(clients)]
        writer = Writer(services, stop)
        writer.start()
        while not writer.acknowledged:  # there is a timetable to ask for
            time.sleep(0.1)
        for client in asking:
            client.start()

        def goes_well(since: float) -> bool:
            everybody = [one.tally for one in (*asking, writer)]
            return all(one.well[-1:] > [since] for one in everybody)

        outages = Outages(where, calm_seconds, notice_seconds, goes_well)
        (outages.kill if part == "kills" else outages.cut)()
        moments = [*outages.moments, Moment("the end", time.monotonic())]
        stop.set()
        for thread in (*asking, writer):
            thread.join(90)
        reads = Tally()
        for client in asking:
            reads.add(client.tally)
        faults = [*outages.faults, *reads.faults, *writer.tally.faults]
        faults += _look(where.address, folder, reads.said, writer.acknowledged)
        return Drill(
            moments,
            reads,
            writer.tally,
            len(writer.acknowledged),
            faults,
            _where(has_links=where.has_links),
            load,
        )


def _where(*, has_links: bool) -> str:
    if has_links:
        return "each service and each server in a network namespace of its own"
    return (
        "all on addresses of this machine's loopback, so that nothing could be cut off "
        f"({networks.why_not()})"
    )


def _look(
    address: str, folder: Path, said: dict[str, set[str]], acknowledged: dict[str, str]
) -> list[str]:
    """Compare what was answered and acknowledged with what each build holds."""
    collection = open_store(address, folder / "look").collection("default")
    kept = set(collection.builds())
    faults = [f"{build} was acknowledged and is gone" for build in acknowledged.keys() - kept]
    for build in sorted(kept & (said.keys() | acknowledged.keys())):
        texts = (text for _, text in collection.build(build).catalog().all_passages())
        holds = [match[1] for text in texts if (match := REVISION.fullmatch(text))]
        if build in acknowledged and holds != [acknowledged[build]]:
            faults.append(f"{build} holds {holds}, {acknowledged[build]} was acknowledged")
        if build in said and said[build] != {*holds}:
            faults.append(f"{build} holds {holds}, {said[build]} was quoted from it")
    faults += [f"{build} was quoted and is not kept" for build in said.keys() - kept]
    return faults


def table(done: Drill, clients: int, notice_seconds: float) -> str:
    """Return what came of it in Markdown."""
    rows = []
    for began, ended in pairwise(done.moments):
        within = (began.at, ended.at)
        gaps = f"{done.reads.gap(*within):.1f} | {done.reads.slowest(*within):.1f}"
        rows.append(f"| {began.what} | {gaps} | {done.writes.gap(*within):.1f} |")
    others = ", ".join(f"{count} of {why}" for why, count in sorted(done.reads.not_well.items()))
    seconds = done.moments[-1].at - done.moments[0].at
    said = (
        f"{clients} clients, {seconds:.0f} s, {done.where}; promotion {notice_seconds:g} s after "
        f"the primary's end: {len(done.reads.well)} answers, {len(done.faults)} of them wrong; "
        f"{done.acknowledged} acknowledged writes, none of them lost, a write "
        f"{percentile(done.writes.took, 50):.1f} s in the median. Attempts that clients made "
        f"again: {others or 'none'}. An answer, all attempts together: p50 "
        f"{percentile(done.reads.took, 50):.2f} s, p99 {percentile(done.reads.took, 99):.2f} s. "
        f"{os.cpu_count()} cores for all of it, load average before {done.load:.1f}."
    )
    head = (
        "| what was done | longest time without any answer, s | slowest answer, s "
        "| longest time without a written build, s |"
    )
    return "\n".join([head, "|---|---|---|---|", *rows, "", said])


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--clients", default=50, show_default=True, type=click.IntRange(min=1))
@click.option("--calm", default=8.0, show_default=True, help="Seconds after each event.")
@click.option("--notice", default=2.0, show_default=True, help="Seconds until a promotion.")
@click.option("--write-docs", is_flag=True, help="Write the tables into docs/scaling.md.")
def command(
    parts: tuple[str, ...], clients: int, calm: float, notice: float, *, write_docs: bool
) -> None:
    """Run the drill and say what came of it; exit status 1 where anything was wrong or lost.

    PARTS: kills (of processes), cuts (of links, where networks can be made here). Both by default.
    """
    if (reason := servers.why_not()) is not None:
        raise click.ClickException(reason)
    faults = []
    for part in parts or PARTS:
        if part == "cuts" and (reason := networks.why_not()) is not None:
            click.echo(f"Nothing is cut off: {reason}. What docs/scaling.md says of it stays.")
            continue
        with tempfile.TemporaryDirectory(prefix="pincite-failover-") as folder:
            done = drill(part, Path(folder), clients, calm, notice)
        for fault in sorted(set(done.faults)):
            click.echo(f"FAULT {done.faults.count(fault)} x {fault}")
        made = table(done, clients, notice)
        click.echo(made)
        if write_docs and not done.faults:
            replace_marked(DOCS, part, made)
        faults += done.faults
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    command()
