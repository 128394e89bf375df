"""From the name in a setting to an encoder.

bge-small                             the packaged bge-small-en-v1.5, in int8 (the default)
minilm                                the packaged all-MiniLM-L6-v2
sentence-transformers:/path/to/model  any sentence-transformers model in a folder
sentence-transformers:org/name        one by its hub name; the only thing that may download
hashing:                              no model: hashed words, for tests
module:attribute                      a function of yours that takes no argument

A sentence-transformers model, and minilm, is exported to HOME/encoders before it is first used;
`:int8` behind its name has its export quantised.

And from an address to those who share its work on passages:

ray://HOST:PORT                       the workers of a Ray cluster (extra `ray`)
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path

from index.encoders.protocol import Encoder
from index.errors import EncoderError

ENCODERS = {
    "bge-small": "index.encoders.packaged:bge_small",
    "hashing": "index.encoders.hashing:open_hashing",
}
EXPORTED = {
    "minilm": "index.encoders.exported:open_minilm",
    "sentence-transformers": "index.encoders.exported:open_model",
}

BULK = {"ray": "index.encoders.ray_workers:over_ray"}
"""Who may share the work of encoding passages, by the scheme of an address."""


def open_encoder(name: str, home: Path | None = None, *, making: bool = False) -> Encoder:
    """Open the encoder that `name` stands for; EncoderError says what is known instead.

    Exports are looked for under `home`; `making` makes one that is missing, which takes a while.
    """
    scheme, _, argument = name.partition(":")
    target = ENCODERS.get(scheme) or EXPORTED.get(scheme)
    if target is None and argument:
        target, argument = name, ""
    if target is None:
        known = ", ".join(sorted([*ENCODERS, *EXPORTED]))
        raise EncoderError(f"no encoder is called {name!r}; known are {known}, or module:attribute")
    function = _imported(target, name)
    arguments = (argument,) if argument else ()
    if scheme in EXPORTED:
        if home is None:
            raise EncoderError(f"the encoder {name!r} needs a HOME, where its export is kept")
        function = partial(function, home / "encoders", making=making, argument=argument)
        arguments = ()
    try:
        signature(function).bind(*arguments)
    except TypeError as error:
        raise EncoderError(
            f"the encoder {name!r} cannot be opened by this name: {error}"
        ) from error
    return function(*arguments)


def open_bulk(address: str, name: str, encoder: Encoder, home: Path | None = None) -> Encoder:
    """Return `encoder`, opened by `name`, with those at `address` to share its work on passages.

    EncoderError where nobody can be had by such an address; whether somebody is there is seen when
    there is work.
    """
    target = BULK.get(address.partition("://")[0])
    if target is None:
        known = ", ".join(f"{scheme}://" for scheme in sorted(BULK))
        raise EncoderError(f"nobody can be had to encode by {address!r}; known are {known}")
    spread: Encoder = _imported(target, address)(address, name, encoder, home)
    return spread


def _imported(target: str, name: str) -> Callable[..., Encoder]:
    module, _, attribute = target.partition(":")
    try:
        function: Callable[..., Encoder] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise EncoderError(f"the encoder {name!r} cannot be imported: {error}") from error
    return function
