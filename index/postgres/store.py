"""The collections of a database."""

from pathlib import Path

from index.postgres.address import Address
from index.postgres.collection import Progress, TableCollection
from index.postgres.database import Database
from index.postgres.kept import ENGINE
from index.postgres.migrations import version
from index.postgres.record import TableRecord


class PostgresStore:
    """The collections of one database, in schemas whose names begin with `area`.

    `home` is where a site's own files are on this machine.
    """

    engine = ENGINE

    def __init__(self, uri: str, home: Path, area: str = "pincite") -> None:
        self.database = Database(Address.of(uri))
        self.area = area
        self._home = home
        self._seen = Progress()
        self._ready = False
        self._records: dict[str, TableRecord] = {}

    def __str__(self) -> str:
        return str(self.database.address)

    def collection(self, name: str) -> TableCollection:
        """Return a collection, there or not yet."""
        folder = self._home / "collections" / name
        return TableCollection(
            self.database,
            self.area,
            name,
            folder=folder,
            seen=self._seen,
            is_ready=self.is_ready,
        )

    def collections(self) -> list[TableCollection]:
        """Return the collections that have a published build, by name."""
        return [self.collection(name) for name in self._names("WHERE current IS NOT NULL")]

    def names(self) -> list[str]:
        """Return the names of all collections, sorted."""
        return self._names("")

    def record(self, name: str) -> TableRecord:
        """Return a document beside them, there or not yet; one for all who ask."""
        made = TableRecord(self.database, self.area, name, self.is_ready)
        return self._records.setdefault(name, made)

    def is_ready(self) -> bool:
        """Tell whether the tables are there; DatabaseError where they are of a newer version."""
        if not self._ready:
            self._ready = version(self.database, self.area) > 0
        return self._ready

    def _names(self, where: str) -> list[str]:
        if not self.is_ready():
            return []
        sql = f'SELECT name FROM {self.area}.collections {where} ORDER BY name COLLATE "C"'
        return [name for (name,) in self.database.ask(sql)]
