"""The same passages built by both engines in a folder that is kept: FOLDER/PASSAGES.

Vectors are clustered (tests.slow.clustered), and cost next to nothing, so that what is timed is the
engines' own. Each build is a stage, and is not made again where it was ended.
"""

import json
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index.encoders.protocol import Vectors
from index.retriever import Retriever
from index.stores import engine_name, open_store
from index.update import Makers, index_documents
from tests.servers import Server, cluster
from tests.slow import server_costs
from tests.slow.clustered import ClusteredEncoder
from tests.slow.zipfian import Zipfian

ENGINES = ("embedded", "postgresql")
_DATABASE = "growth"
_LARGE = 100_000
_SERVER = {"max_wal_size": "6GB", "effective_cache_size": "8GB", "autovacuum": "off"}
_BUILDING = {"shared_buffers": "512MB", "maintenance_work_mem": "1600MB"}


class _Timed(ClusteredEncoder):
    """Counts what encoding costs, which no engine is to be blamed for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.processor = 0.0

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode, with clocks running: this thread's own, as others work beside it."""
        began, processor = time.perf_counter(), time.thread_time()
        vectors = super().encode_passages(passages)
        self.seconds += time.perf_counter() - began
        self.processor += time.thread_time() - processor
        return vectors


@dataclass(frozen=True, slots=True)
class Side:
    """One engine with a build in it: `address` is its setting, `home` where its processes run."""

    name: str
    address: str
    home: Path

    def homes(self, count: int) -> list[Path]:
        """Return homes for so many services: the first under further names."""
        further = [self.home.with_name(f"{self.home.name}-{one}") for one in range(2, count + 1)]
        for one in further:
            if not one.is_symlink():
                one.symlink_to(self.home.name)
        return [self.home, *further]

    def retriever(self) -> Retriever:
        """Open the build."""
        kept = open_store(self.address, self.home).collection("default").published()
        return Retriever(kept, ClusteredEncoder())


class BothEngines:
    """Both builds of so many passages, and the server that one of them is in."""

    def __init__(self, folder: Path, passages: int) -> None:
        self.folder = folder / str(passages)
        self.passages = passages
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)  # the server runs as somebody else

    def results(self) -> dict[str, Any]:
        """Return all that was measured, by stage."""
        return {
            path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(self.folder.glob("*.json"))
        }

    def note(self, stage: str, measured: dict[str, Any]) -> None:
        """Keep what a stage has measured; the stage is done."""
        path = self.folder / f"{stage}.json"
        path.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")

    def is_done(self, stage: str) -> bool:
        """Tell whether a stage was ended."""
        return (self.folder / f"{stage}.json").exists()

    def build(self, name: str) -> None:
        """Make one engine's build, from nothing."""
        home = self.folder / name
        shutil.rmtree(home, ignore_errors=True)
        if name == "embedded":
            self.note(name, self._built("faiss:auto", home, lambda: 0.0))
            return
        shutil.rmtree(self.folder / "server", ignore_errors=True)
        with self._server(_BUILDING) as server:
            with server.connect() as connection:
                connection.execute(f"CREATE DATABASE {_DATABASE}".encode())
            address = server.dsn(_DATABASE)
            self.note(name, self._built(address, home, lambda: server_costs.processor(server)))

    def _built(self, address: str, home: Path, database: Callable[[], float]) -> dict[str, Any]:
        documents = list(Zipfian().documents(self.passages))
        encoder = _Timed()
        collection = open_store(address, home).collection("default")
        makers = Makers(
            encoder=lambda: encoder,
            engine=engine_name(address),
            clock=lambda: datetime.now(UTC),
            progress=lambda *_: None,
        )
        began, processor, of_database = time.perf_counter(), time.process_time(), database()
        index_documents(collection, documents, makers)
        seconds = time.perf_counter() - began
        processor = time.process_time() - processor
        kept = collection.published()
        return {
            "seconds": seconds,
            "processor_seconds": processor - encoder.processor,
            "database_processor_seconds": database() - of_database,
            "encoding_seconds": encoder.seconds,
            "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "disk_bytes": kept.size_bytes(),
            "recall_at_10_in_manifest": kept.manifest().dense.recall,
            "structure": str(kept.manifest().dense),
        }

    @contextmanager
    def opened(self) -> Iterator[tuple[list[Side], Server]]:
        """Run the server for as long as the block lasts; give both sides."""
        buffers = "2GB" if self.passages > _LARGE else "512MB"
        with self._server({"shared_buffers": buffers}) as server:
            addresses = ("faiss:auto", server.dsn(_DATABASE))
            sides = [
                Side(name, address, self.folder / name)
                for name, address in zip(ENGINES, addresses, strict=True)
            ]
            yield sides, server

    @contextmanager
    def _server(self, settings: dict[str, str]) -> Iterator[Server]:
        with cluster(0, settings={**_SERVER, **settings}, kept=self.folder / "server") as servers:
            yield servers.primary
