"""Colours of a site that everybody can read: WCAG's contrast, reckoned before they are used."""

import re
from dataclasses import dataclass
from hashlib import sha256

from service.errors import SiteError

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_LEAST = 4.5
# The darkest and the lightest ground that text in the accent stands on; as in pincite.css.
_LIGHT = ("#f4f3ee", "#ffffff")
_DARK = ("#11181b", "#222d32")
_INKS = ("#ffffff", "#0b1a1d")


@dataclass(frozen=True, slots=True)
class Colours:
    """The accents for light and dark pages, each with the ink that is read on it."""

    light: str
    on_light: str
    dark: str
    on_dark: str

    @property
    def mark(self) -> str:
        """A short hash, for an address that changes with the colours."""
        return sha256(self.sheet().encode()).hexdigest()[:12]

    def sheet(self) -> str:
        """Return the style sheet that sets them."""
        return (
            f":root{{--accent:{self.light};--on-accent:{self.on_light}}}\n"
            "@media (prefers-color-scheme:dark){"
            f":root{{--accent:{self.dark};--on-accent:{self.on_dark}}}}}\n"
        )


def colours_of(light: str | None, dark: str | None) -> Colours | None:
    """Return the accents as they can be used; None where none is given.

    SiteError where one cannot be read at 4.5:1 on the pages' grounds, or only one is given: no
    colour is read on light and on dark pages alike.
    """
    if light is None and dark is None:
        return None
    if light is None or dark is None:
        raise SiteError("accent and accent_dark go together: one for light pages, one for dark")
    return Colours(
        light,
        _ink("accent", light, _LIGHT, "light"),
        dark,
        _ink("accent_dark", dark, _DARK, "dark"),
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21.

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    dim, bright = sorted((_luminance(one), _luminance(other)))
    return round((bright + 0.05) / (dim + 0.05), 2)


def _ink(name: str, colour: str, grounds: tuple[str, ...], which: str) -> str:
    if not _HEX.fullmatch(colour):
        raise SiteError(f'{name} must be written as "#0b5560"')
    worst = min(contrast(colour, ground) for ground in grounds)
    if worst < _LEAST:
        wanted = "darker" if which == "light" else "lighter"
        raise SiteError(
            f"{name}: the contrast on {which} pages is {worst:.1f}:1 and must be {_LEAST}:1; "
            f"choose a {wanted} colour"
        )
    return max(_INKS, key=lambda ink: contrast(colour, ink))  # always 4.5:1, being black or white


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
        for part in (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
