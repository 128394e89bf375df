"""HOME/site/words.toml: the pages' words in another language; what it leaves out stays English."""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from string import Formatter
from types import MappingProxyType
from typing import Any

from service.errors import SiteError
from service.pages.words import ENGLISH, Counted, ErrorWords, Words

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_DIRECTIONS = ("ltr", "rtl")


def words_of(body: Mapping[str, Any]) -> Words:
    """Return the English words with those of a parsed file in their stead.

    SiteError names a key that is unknown, a value of another kind, and a place in braces that the
    English words do not have.
    """
    known = {one.name for one in fields(Words)}
    if unknown := sorted(set(body) - known):
        raise SiteError(f"there is no word {unknown[0]!r}; docs/search-box.md tells where they are")
    changed = {name: _like(getattr(ENGLISH, name), value, name) for name, value in body.items()}
    words = replace(ENGLISH, **changed)
    if not _LANGUAGE.fullmatch(words.lang):
        raise SiteError('lang must be a language tag, such as "cy" or "pt-BR"')
    if words.direction not in _DIRECTIONS:
        raise SiteError('direction must be "ltr" or "rtl"')
    return words


def _like(english: Any, value: object, where: str) -> Any:  # noqa: ANN401 - as many kinds as words
    """Return a value of the file in the form of the English one."""
    if isinstance(english, str):
        return _text(english, value, where)
    if isinstance(english, Counted):
        return Counted(
            **_table({"one": english.one, "many": english.many}, value, where, english.many)
        )
    if isinstance(english, ErrorWords):
        return english._replace(**_table(english._asdict(), value, where))
    if isinstance(english, tuple):
        if not isinstance(value, list) or len(value) != len(english):
            raise SiteError(f"{where} must be a list of {len(english)} texts")
        return tuple(_text(one, other, where) for one, other in zip(english, value, strict=True))
    if not isinstance(value, dict):
        raise SiteError(f"{where} must be a table, written [{where}]")
    keys = {str(key): key for key in english}
    changed = {}
    for name, one in value.items():
        if name not in keys:
            raise SiteError(f"{where}: there is no {name!r}; known are {', '.join(keys)}")
        changed[keys[name]] = _like(english[keys[name]], one, f"{where}.{name}")
    return MappingProxyType({**english, **changed})


def _table(
    english: Mapping[str, str], value: object, where: str, pattern: str | None = None
) -> dict[str, str]:
    if not isinstance(value, dict) or not set(value) <= set(english):
        raise SiteError(f"{where} must be a table of {' and '.join(english)}")
    given = {
        name: _text(pattern or english[name], one, f"{where}.{name}") for name, one in value.items()
    }
    return {**english, **given}


def _text(english: str, value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SiteError(f"{where} must be text")
    allowed = _places(english)
    try:
        asked = _places(value)
    except ValueError:  # a brace without its other
        asked = {value}
    if not asked <= allowed:
        known = " ".join(f"{{{name}}}" for name in sorted(allowed)) or "none"
        raise SiteError(f"{where}: what may stand in braces here: {known}")
    return value


def _places(text: str) -> set[str]:
    """Return what stands in braces, with what a format would do to it."""
    return {
        name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "")
        for _, name, form, conversion in Formatter().parse(text)
        if name is not None
    }
