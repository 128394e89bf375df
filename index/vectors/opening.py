"""From the name in a setting to an engine.

faiss:auto     FAISS, its structure chosen by size (the default)
faiss:HNSW32   FAISS with a structure of its index_factory
exact:         numpy: every row, no structure; what the others are tested against
module:attribute[:argument]   an engine of yours
"""

from importlib import import_module
from inspect import signature

from index.errors import EngineError
from index.vectors.protocol import Engine

ENGINES = {
    "faiss": "index.vectors.embedded:FaissEngine",
    "exact": "index.vectors.exact:ExactEngine",
}


def open_engine(name: str) -> Engine:
    """Return the engine that `name` stands for; EngineError says what is known instead."""
    scheme, colon, argument = name.partition(":")
    target = ENGINES.get(scheme)
    if target is None and colon and "." in scheme:
        attribute, _, argument = argument.partition(":")
        target = f"{scheme}:{attribute}"
    if target is None:
        known = ", ".join(f"{scheme}:" for scheme in sorted(ENGINES))
        raise EngineError(f"no engine is called {name!r}; known are {known} or module:attribute")
    module, _, attribute = target.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise EngineError(f"the engine {name!r} cannot be imported: {error}") from error
    arguments = (argument,) if argument else ()
    try:
        signature(function).bind(*arguments)
    except TypeError as error:
        raise EngineError(f"the engine {name!r} cannot be opened by this name: {error}") from error
    engine: Engine = function(*arguments)
    return engine
