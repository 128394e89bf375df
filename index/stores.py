"""From the setting of an engine to where collections are kept, and by whom they are searched.

postgresql://…   a database, which keeps and searches everything (extra `postgres`)
anything else    folders of a HOME, their vectors searched by that engine (index.vectors.opening)
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from index.collection import Folders
from index.errors import EngineError
from index.store import Store
from index.vectors.opening import open_engine

_DATABASES = ("postgresql://", "postgres://")
_AREA = "pincite"


def is_database(engine: str) -> bool:
    """Tell whether the setting names a database, which may stand on another machine."""
    return engine.startswith(_DATABASES)


def open_store(engine: str, home: Path, part: str = "") -> Store:
    """Return the store that the setting names; `part` parts it from what is served.

    EngineError where what it needs is not installed; nothing is connected to yet.
    """
    if not is_database(engine):
        return Folders(home / part if part else home)
    store: Store = _postgres().PostgresStore(engine, home, f"{_AREA}_{part}" if part else _AREA)
    return store


def engine_name(engine: str) -> str:
    """Return the name of the setting's engine as manifests have it; EngineError for none known."""
    if is_database(engine):
        return str(_postgres().PostgresStore.engine)
    return open_engine(engine).name


def _postgres() -> Any:  # noqa: ANN401 - a module
    try:
        return import_module("index.postgres.store")
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "psycopg" and "pq wrapper" not in str(error):
            raise
        raise EngineError(
            "PINCITE_ENGINE=postgresql://… needs psycopg; pip install 'pincite[postgres]'"
        ) from error
