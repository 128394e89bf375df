"""HOME/site: what a site makes its own: name, logo, colour, words and urgent-help cards.

Read once, at the start. A file that is at fault is left out whole and said in the log; the search
goes on without it.
"""

import logging
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from service.contrast import Colours, colours_of
from service.errors import SiteError
from service.pages.translation import words_of
from service.pages.words import ENGLISH, Words
from service.settings import Settings
from service.urgent import Card, cards_of

_log = logging.getLogger(__name__)

_LARGEST_LOGO = 256 * 1024
_LARGEST_FILE = 256 * 1024
_LONGEST_NAME = 60
_SHORT_NAME = 16
"""Characters of OpenSearch's ShortName."""
_FIELDS = ("name", "logo", "accent", "accent_dark")
_SVG = re.compile(rb"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*)*<svg[\s>]", re.DOTALL)

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as it is served."""

    data: bytes = field(repr=False)
    media_type: str

    @property
    def mark(self) -> str:
        """A short hash, for an address that changes with the picture."""
        return sha256(self.data).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Site:
    """How the pages look, what they say, and where they may be shown; the defaults are ours.

    `public_url` has no slash at its end, and is "" where none was set.
    """

    name: str = ENGLISH.product
    logo: Logo | None = None
    colours: Colours | None = None
    words: Words = ENGLISH
    cards: tuple[Card, ...] = ()
    public_url: str = ""
    embed_origins: tuple[str, ...] = ()
    suggestions: bool = True

    @property
    def short_name(self) -> str:
        """The name as a browser's address bar shows it."""
        return self.name[:_SHORT_NAME].strip()


def open_site(home: Path, settings: Settings) -> Site:
    """Return the site of a HOME; what is wrong with its files is logged as errors."""
    folder = home / "site"
    site = Site(
        public_url="" if settings.public_url == "auto" else settings.public_url.rstrip("/"),
        embed_origins=()
        if settings.embed_origins == "none"
        else tuple(one.strip() for one in settings.embed_origins.split(",")),
        suggestions=settings.suggestions == "on",
    )
    words = _read(folder / "words.toml", words_of, ENGLISH)
    cards = _read(folder / "urgent.toml", cards_of, site.cards)
    site = replace(site, words=words, cards=cards, name=words.product)
    return _read(folder / "site.toml", lambda body: _looks(site, body, folder), site)


def _read(path: Path, made: Callable[[dict[str, Any]], _Read], default: _Read) -> _Read:
    """Return what is made of a TOML file; the default where there is none or it is at fault."""
    if not path.exists():
        return default
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise SiteError(f"it has more than {_LARGEST_FILE:,} bytes")  # noqa: TRY301 - one way out
        return made(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, SiteError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        _log.error("%s is not used: %s; mend it and start again", path, reason)
        return default


def _looks(site: Site, body: Mapping[str, Any], folder: Path) -> Site:
    if unknown := sorted(set(body) - set(_FIELDS)):
        raise SiteError(f"there is no {unknown[0]!r}; known are {', '.join(_FIELDS)}")
    for name, value in body.items():
        if not isinstance(value, str) or not value.strip():
            raise SiteError(f"{name} must be text")
    name = " ".join(str(body.get("name", site.name)).split())
    if len(name) > _LONGEST_NAME:
        raise SiteError(f"name must have at most {_LONGEST_NAME} characters")
    return replace(
        site,
        name=name,
        logo=_logo(folder, body["logo"]) if "logo" in body else None,
        colours=colours_of(body.get("accent"), body.get("accent_dark")),
    )


def _logo(folder: Path, name: str) -> Logo:
    """Read a picture that lies beside site.toml, and tell its type by what is in it."""
    path = folder / name
    if path.parent != folder or path.resolve().parent != folder.resolve():
        raise SiteError("logo must be the name of a file in the same folder")
    if not path.is_file():
        raise SiteError(f"logo: there is no file {name}")
    if path.stat().st_size > _LARGEST_LOGO:
        raise SiteError(f"logo: the file has more than {_LARGEST_LOGO:,} bytes")
    data = path.read_bytes()
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Logo(data, "image/png")
    if data.startswith(b"\xff\xd8\xff"):
        return Logo(data, "image/jpeg")
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Logo(data, "image/webp")
    if _SVG.match(data.removeprefix(b"\xef\xbb\xbf")):
        return Logo(data, "image/svg+xml")
    raise SiteError("logo: the file is no PNG, JPEG, WebP or SVG picture")
