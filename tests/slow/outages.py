"""What is done to a site, one thing after another: processes are killed, links are cut."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import click

from tests.servers import Server
from tests.slow.site import Site

_MOST_SECONDS = 90.0
"""How long to wait until questions and writes go well again."""
_OLD_SECONDS = 5.0
"""How long an old primary that comes back is left alone, before its operator stops it."""
_NOTHING = "nothing: three services, a primary and two replicas"
_WRITE = """
import sys, psycopg
with psycopg.connect(sys.argv[1], autocommit=True) as connection:
    connection.execute("CREATE TABLE written_by_one_half ()")
    print("acknowledged", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that was done, and when."""

    what: str
    at: float


@dataclass(slots=True)
class Outages:
    """What was done to a site, and what came of it that should not have."""

    site: Site
    calm_seconds: float
    notice_seconds: float
    """How long it takes until somebody promotes."""
    goes_well: Callable[[float], bool]
    """Whether every client was answered since a moment, and a build was written."""
    moments: list[Moment] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _alone: "subprocess.Popen[bytes] | None" = None

    def kill(self) -> None:
        """Kill processes and start them again."""
        site = self.site
        self._happens(_NOTHING, lambda: None)
        self._happens("a service is killed", site.services[0].process.kill)
        self._happens("it is started again", lambda: site.serve(0))
        replica = site.servers.replicas[0]
        self._happens("a replica is killed", replica.kill)
        self._happens("it is started again", replica.start)
        old = site.servers.primary
        self._happens(
            f"the primary is killed; a replica is promoted {self.notice_seconds:g} s later",
            lambda: self._lose_primary(old.kill),
        )
        self._happens("a new replica takes the old primary's place", lambda: site.replace(old))

    def cut(self) -> None:
        """Cut machines off, whose processes know nothing of it, and join them again."""
        site = self.site
        self._happens(_NOTHING, lambda: None)
        service = site.link(site.places[1].host)
        self._happens("a service is cut off", service.cut)
        self._happens("it is joined again", service.join)
        replica = site.link(self._read_from().host)
        self._happens("a replica that services read from is cut off", replica.cut)
        self._happens("it is joined again", replica.join)
        old = site.servers.primary
        self._happens(
            f"the primary is cut off; a replica is promoted {self.notice_seconds:g} s later",
            lambda: self._lose_primary(lambda: self._part(old)),
        )
        self._happens(
            f"the old primary is joined again, and stopped {_OLD_SECONDS:g} s later",
            lambda: self._old_primary_comes_back(old),
        )
        self._happens("a new replica takes its place", lambda: site.replace(old))

    def _happens(self, what: str, act: Callable[[], object]) -> None:
        click.echo(what, err=True)
        self.moments.append(Moment(what, time.monotonic()))
        act()
        done = time.monotonic()
        time.sleep(self.calm_seconds)
        while not self.goes_well(done):
            if time.monotonic() - done > _MOST_SECONDS:
                self.faults.append(f"{what}: after {_MOST_SECONDS:g} s it does not go on")
                return
            time.sleep(0.1)

    def _lose_primary(self, lose: Callable[[], object]) -> None:
        lose()
        time.sleep(self.notice_seconds)
        self.site.promote()

    def _part(self, primary: Server) -> None:
        """Cut the primary off, with somebody in its half who goes on writing to it."""
        self.site.link(primary.host).cut()
        self._alone = subprocess.Popen(
            [*primary.prefix, sys.executable, "-c", _WRITE, primary.dsn()],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def _old_primary_comes_back(self, old: Server) -> None:
        """Join it again; what was written there in the meantime may not be acknowledged now."""
        assert self._alone is not None
        self.site.link(old.host).join()
        time.sleep(_OLD_SECONDS)
        old.kill()
        said, _ = self._alone.communicate(timeout=_MOST_SECONDS)
        if said:
            self.faults.append("the old primary acknowledged a write of its own half")

    def _read_from(self) -> Server:
        """Return the replica that most connections of services lead to."""
        used = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pincite'"
        return max(self.site.servers.replicas, key=lambda one: int(str(one.value(used))))
