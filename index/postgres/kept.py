"""A build that is kept in a schema of its own: what is read of it without a question."""

from typing import BinaryIO

from corpus.reading import Skipped
from index import dropped
from index.catalog import Catalog
from index.encoders.protocol import Vectors
from index.errors import DamagedError, UnavailableError
from index.expansion import Expansions
from index.holdings import Holding
from index.manifest import Manifest, check_engine, manifest_of
from index.postgres.checksums import check_counts, check_sums
from index.postgres.copying import read_vectors
from index.postgres.database import BuildTables, Database
from index.postgres.opened import OpenedTables
from index.postgres.originals import TableOriginals
from index.spelling import Vocabulary
from index.wording import wording_of

ENGINE = "postgresql:2"
"""The name of this engine in manifests: another number where the same content is stored another
way, so that an update makes it again."""
_CATALOG = ("documents", "passages", "paragraphs", "sentences")


class TableBuild:
    """A build of a collection by its number."""

    def __init__(
        self, database: Database, area: str, collection: str, number: int, name: str
    ) -> None:
        self._database = database
        self._area = area
        self._collection = collection
        self._number = number
        self.name = name
        self.schema = schema_of(area, number)

    def __str__(self) -> str:
        return f"{self._database.address}, {self._collection}, build {self.name}"

    def manifest(self) -> Manifest:
        """Read and check the manifest."""
        found = self._database.ask(
            f"SELECT manifest FROM {self._area}.builds WHERE number = %s AND name IS NOT NULL",
            [self._number],
        )
        if not found:
            raise UnavailableError(f"{self}: it was deleted; ask again")
        return manifest_of(found[0][0], str(self))

    def check_catalog(self) -> None:
        """Compare the sums of the catalog's tables."""
        self._check(*_CATALOG)

    def check(self, *, but_catalog: bool = False) -> None:
        """Compare the sum of every table."""
        manifest = self.manifest()
        check_engine(manifest, ENGINE, str(self))
        self._check(*(one for one in manifest.files if not (but_catalog and one in _CATALOG)))

    def open(self, *, checked: bool = False) -> OpenedTables:
        """Open it, after counting its rows: their sums are compared by who changes or examines."""
        manifest = self.manifest()
        check_engine(manifest, ENGINE, str(self))
        if not checked:
            check_counts(self._database, self.schema, manifest, str(self))
        wording = wording_of(self._expansions(), self.vocabulary())
        return OpenedTables(self._database, self.schema, manifest, wording)

    def catalog(self) -> Catalog:
        """Open its catalog alone."""
        return Catalog(BuildTables(self._database, self.schema))

    def vectors(self) -> Vectors:
        """Read its passages' vectors."""
        manifest = self.manifest()
        return self._vectors("vectors", manifest.counts.passages, manifest.dim)

    def paragraphs(self) -> Vectors:
        """Read its paragraphs' vectors."""
        manifest = self.manifest()
        return self._vectors("paragraph_vectors", manifest.counts.paragraphs, manifest.dim)

    def vocabulary(self) -> Vocabulary:
        """Read its documents' words."""
        return Vocabulary.from_json(self._wording("vocabulary"))

    def holdings(self) -> list[Holding] | None:
        """Read what its documents were read from."""
        return [
            Holding(*fields)
            for fields in self._database.ask(
                "SELECT document_id, uri, media_type, sha256, source "
                f"FROM {self._area}.holdings WHERE build = %s ORDER BY number",
                [self._number],
            )
        ]

    def skipped(self) -> list[Skipped]:
        """Read which files it skipped."""
        records = self._database.ask(
            f"SELECT record FROM {self.schema}.dropped WHERE record LIKE %s ORDER BY number",
            ['{"skipped"%'],
        )
        return [one for (record,) in records if (one := dropped.skipped_of(record)) is not None]

    def found_by_words(self) -> int:
        """Count the passages that the search by words holds."""
        ((count,),) = self._database.ask(f"SELECT count(*) FROM {self.schema}.passage_terms")
        return int(count)

    def size_bytes(self) -> int:
        """Add up its tables and indexes."""
        ((size,),) = self._database.ask(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = %s AND c.relkind = 'r'",
            [self.schema],
        )
        return int(size)

    def has_original(self, sha256: str) -> bool:
        """Tell whether the file of a document is kept."""
        return bool(
            self._database.ask(
                f"SELECT 1 FROM {self._area}.originals WHERE collection = %s AND sha256 = %s "
                "AND piece = 0",
                [self._collection, sha256],
            )
        )

    def original(self, sha256: str) -> BinaryIO | None:
        """Open the file of a document."""
        return TableOriginals(self._database, self._area, self._collection).open(sha256)

    def calibration(self) -> str | None:
        """Read the collection's calibration."""
        found = self._database.ask(
            f"SELECT calibration FROM {self._area}.collections WHERE name = %s",
            [self._collection],
        )
        return found[0][0] if found else None

    def _expansions(self) -> Expansions:
        return Expansions.from_json(self._wording("expansions"))

    def _wording(self, name: str) -> str:
        found = self._database.ask(
            f"SELECT body FROM {self.schema}.wording WHERE name = %s",
            [name],
        )
        if not found:
            raise DamagedError(f"{self}: its {name} are missing; index the documents again")
        return str(found[0][0])

    def _vectors(self, table: str, rows: int, dim: int) -> Vectors:
        try:
            return self._database.reading(
                lambda connection: read_vectors(connection, f"{self.schema}.{table}", rows, dim),
                patiently=True,
            )
        except ValueError as error:
            raise DamagedError(f"{self}: {error}; index the documents again") from error

    def _check(self, *tables: str) -> None:
        check_sums(self._database, self.schema, self.manifest(), tables, str(self))


def schema_of(area: str, number: int) -> str:
    """Return the name of the schema that a build's tables are in."""
    return f"{area}_build_{number}"
