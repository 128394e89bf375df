"""Each store keeps the contract; PostgreSQL answers as folders do."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from index.encoders.hashing import HashingEncoder
from index.errors import DamagedError, DatabaseError, EngineError, UnavailableError
from index.postgres.store import PostgresStore
from index.retriever import Retriever
from index.store import Store
from index.stores import open_store
from tests.building import POSTGRES, index_into, opened, write
from tests.contracts.stores import MORE, Again, StoreContract
from tests.servers import Cluster


class TestFolders(StoreContract):
    """Folders of a HOME."""

    @pytest.fixture
    def again(self, tmp_path: Path) -> Again:
        """Open the same HOME."""
        return lambda: open_store("exact:", tmp_path / "home")


class TestPostgres(StoreContract):
    """A database of its own for each test."""

    @pytest.fixture
    def again(self, tmp_path: Path, postgres: Cluster, database: str) -> Again:
        """Open the same database."""
        return lambda: open_store(postgres.primary.dsn(database), tmp_path / "home")

    def test_every_table_is_compared_with_its_sum(
        self, again: Again, source: Path, postgres: Cluster, database: str
    ) -> None:
        """One changed value of any table is found, and the table is named."""
        store = again()
        index_into(store, source)
        kept = store.collection("default").published()
        schema = kept.schema  # type: ignore[attr-defined] # of a database
        with postgres.primary.connect(database) as connection:
            for table, change in (
                ("documents", "title = title || '.'"),
                ("sentences", "line = line + 1 WHERE ordinal = 1"),
                ("vectors", "vector = vector * vector WHERE row = 0"),
                (
                    "postings",
                    "impacts = set_byte(impacts, 0, get_byte(impacts, 0) # 1) WHERE number = 0",
                ),
            ):
                kept.check()
                with connection.transaction(force_rollback=False):
                    connection.execute(
                        f"CREATE TABLE {schema}.was AS TABLE {schema}.{table}".encode()
                    )
                connection.execute(f"UPDATE {schema}.{table} SET {change}".encode())
                with pytest.raises(DamagedError, match=rf"\.{table} is damaged"):
                    kept.check()
                connection.execute(f"DELETE FROM {schema}.{table}".encode())
                connection.execute(f"INSERT INTO {schema}.{table} TABLE {schema}.was".encode())
                connection.execute(f"DROP TABLE {schema}.was".encode())
            connection.execute(f"DELETE FROM {schema}.vectors WHERE row = 3".encode())
        with pytest.raises(DamagedError, match="holds 8 rows, the manifest says 9"):
            Retriever(kept, HashingEncoder())

    def test_what_died_under_way_is_swept_by_the_next_writer(
        self, again: Again, source: Path, postgres: Cluster, database: str
    ) -> None:
        """A writer whose connection is killed leaves a draft that nobody serves."""
        store = again()
        first = index_into(store, source).build
        held = store.collection("default")
        with (  # noqa: PT012 - what is tested is what surrounds the error
            pytest.raises(UnavailableError),
            held.writing(),
            held.staging(POSTGRES),
        ):
            with postgres.primary.connect(database) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                )
            held.builds()
        assert again().collection("default").current() == first
        assert len(store.collection("default").leftovers()) == 1
        write(source, MORE)
        index_into(store, source)
        assert store.collection("default").leftovers() == []
        with postgres.primary.connect(database) as connection:
            (schemas,) = connection.execute(
                "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'pincite_build_%'"
            ).fetchone() or (0,)
        assert schemas == 2

    def test_a_replica_serves_a_build_as_soon_as_it_is_known_there(
        self, tmp_path: Path, source: Path, postgres: Cluster, database: str
    ) -> None:
        """Every name that a replica gives opens whole there at any moment, and none comes twice."""
        primary = open_store(postgres.primary.dsn(database), tmp_path / "home")
        index_into(primary, source)
        postgres.wait_for_replay()
        replica = open_store(postgres.replicas[0].dsn(database), tmp_path / "home")
        seen: list[str] = []
        for number in range(6):
            write(source, {"spasms.txt": f"Edition {number} of the leaflet.\n"})
            expected = index_into(primary, source).build
            while not seen or seen[-1] != expected:
                kept = replica.collection("default").published()
                hits = Retriever(kept, HashingEncoder()).search("which edition", 9)
                assert any(hit.passage.text.startswith("Edition") for hit in hits) or not seen
                if not seen or seen[-1] != kept.name:
                    seen.append(kept.name)
        assert seen == sorted(seen)

    def test_who_publishes_reads_its_own_build_from_a_replica(
        self, tmp_path: Path, source: Path, postgres: Cluster, database: str
    ) -> None:
        """Whatever host it reads from, the next answer knows it."""
        store = open_store(
            f"{postgres.dsn(database)}?target_session_attrs=prefer-standby", tmp_path / "home"
        )
        for number in range(5):
            write(source, {"spasms.txt": f"Edition {number} of the leaflet.\n"})
            build = index_into(store, source).build
            assert store.collection("default").current() == build

    def test_a_newer_schema_is_refused_with_the_mend(
        self, again: Again, source: Path, postgres: Cluster, database: str
    ) -> None:
        """Neither read nor written by a version that does not know it."""
        index_into(again(), source)
        with postgres.primary.connect(database) as connection:
            connection.execute("INSERT INTO pincite.migrations (number) VALUES (9999)")
        with pytest.raises(DatabaseError, match="upgrade Pincite here"):
            again().names()
        with pytest.raises(DatabaseError, match="upgrade Pincite here"):
            index_into(again(), source)

    def test_two_processes_migrate_an_empty_database_at_once(self, again: Again) -> None:
        """The second waits for the first, and finds it done."""
        with again().collection("a").writing(), again().collection("b").writing():
            pass
        assert list(again().names()) == ["a", "b"]


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_postgres_answers_as_folders_do(
    tmp_path: Path, postgres: Cluster, database: str, mode: str
) -> None:
    """The same passages in the same order up to ties, every signal within 1e-5."""
    source = Path(__file__).parents[2] / "corpus" / "sample"
    stores = (
        open_store("exact:", tmp_path / "home"),
        open_store(postgres.primary.dsn(database), tmp_path / "home"),
    )
    folders, tables = (_asked(store, source) for store in stores)
    for question in QUESTIONS:
        ours = folders.search(question, 50, mode)  # type: ignore[arg-type] # one of the modes
        theirs = tables.search(question, 50, mode)  # type: ignore[arg-type]
        found = {hit.passage: hit for hit in theirs}
        assert {hit.passage for hit in ours} == {*found}, question
        for rank, one in enumerate(ours):
            other = found[one.passage]
            assert one.score == pytest.approx(theirs[rank].score, abs=1e-6)
            assert one.score == pytest.approx(other.score, abs=1e-6)
            for name in ("dense", "dense_paragraph", "lexical", "lexical_paragraph"):
                ours_is, theirs_is = getattr(one.signals, name), getattr(other.signals, name)
                assert ours_is == pytest.approx(theirs_is, abs=1e-5), (question, name)
            assert one.signals.role == other.signals.role


QUESTIONS = (
    *("Can I stop taking baclofen suddenly?", "what makes spasticity worse", "MS", "the"),
    *("how much water should I drink", "stretching", "side effects of tizanidine", "nurse"),
    *("who do I tell about a fall", "botulinum toxin injections", "?", "spasm spasm spasms"),
    *("What is the capital of France?", "pain at night", "physio exercises", "cannabis"),
    " ".join(f"word{number}" for number in range(130)) + " baclofen spasticity",
)


def _asked(store: Store, source: Path) -> Retriever:
    index_into(store, source)
    return opened(store.collection("default"))


def test_a_password_is_shown_nowhere(tmp_path: Path) -> None:
    """Not in the store's name, nor where nobody answers, nor for a URI that is none."""
    secret = hashlib.sha256(b"secret").hexdigest()
    store = open_store(f"postgresql://u:{secret}@127.0.0.1:1/d?connect_timeout=1", tmp_path)
    with pytest.raises(UnavailableError, match="the database does not answer") as fault:
        store.names()
    assert secret not in f"{store} {store!r} {fault.value}"
    assert isinstance(store, PostgresStore)
    assert secret not in repr(store.database.address)
    with pytest.raises(EngineError, match="no connection URI") as refused:
        open_store(f"postgresql://u:{secret}@h/d?nonsense=1", tmp_path)
    assert secret not in str(refused.value)


def test_without_the_driver_the_fault_is_the_command_that_installs_it(tmp_path: Path) -> None:
    """And without the setting nothing needs it."""
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pathlib import Path\n"
        "import service.cli\n"
        "from index.stores import open_store\n"
        "print(open_store('faiss:auto', Path('home')))\n"
        "open_store('postgresql://h/d', Path('home'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "home\n"
    assert "pip install 'pincite[postgres]'" in done.stderr.splitlines()[-1]


def test_without_pgvector_the_fault_says_what_an_administrator_does(
    tmp_path: Path, postgres: Cluster, database: str
) -> None:
    """A user without the right to create the extension is told whom to ask."""
    with postgres.primary.connect(database) as connection:
        connection.execute("CREATE ROLE plain LOGIN")
        try:
            connection.execute(f"GRANT CREATE ON DATABASE {database} TO plain".encode())
            plain = postgres.primary.dsn(database).replace("postgres@", "plain@")
            with (
                pytest.raises(DatabaseError, match="administrator run CREATE EXTENSION vector"),
                open_store(plain, tmp_path).collection("default").writing(),
            ):
                pass
            connection.execute("CREATE EXTENSION vector")
            with open_store(plain, tmp_path).collection("default").writing():
                pass
        finally:
            connection.execute("DROP OWNED BY plain")
            connection.execute("DROP ROLE plain")


@pytest.mark.parametrize(
    "change", [("@", "@", "/nowhere"), ("postgres@", "nobody-of-this-name@", "/postgres")]
)
def test_who_may_not_connect_is_told_so_at_once(
    tmp_path: Path, postgres: Cluster, change: tuple[str, str, str]
) -> None:
    """It is no host that does not answer: waiting would not mend it."""
    was, now, database = change
    uri = postgres.primary.dsn(database[1:]).replace(was, now)
    with (
        pytest.raises(DatabaseError, match="lets this user not in"),
        open_store(uri, tmp_path).collection("default").writing(),
    ):
        pass
