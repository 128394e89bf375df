"""Characters of symbol fonts: "m" in Symbol is a mu, and micrograms must not become milligrams.

Word processors keep such characters in the private use area (U+F020 to U+F0FF).
"""

# ruff: noqa: RUF001 - signs that look like others are what this table is about
_SYMBOL = {
    0x20: " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾"
    "αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
    0xA0: "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪",
    0xF1: "〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭",
}
_WINGDINGS = {
    0x4A: "☺",
    0x4C: "☹",
    0x6C: "●",
    0x6E: "■",
    0x6F: "□",
    0x71: "❑",
    0x72: "❒",
    0x75: "◆",
    0x76: "❖",
    0x9F: "•",
    0xA7: "▪",
    0xA8: "◻",
    0xD8: "➢",
    0xDF: "←",
    0xE0: "→",
    0xE1: "↑",
    0xE2: "↓",
    0xE8: "➔",
    0xF0: "⇨",
    0xFB: "✗",
    0xFC: "✓",
    0xFD: "☒",
    0xFE: "☑",
}
_FIRST, _LAST = 0xF000, 0xF0FF
_TABLES = {
    "symbol": {start + at: sign for start, run in _SYMBOL.items() for at, sign in enumerate(run)},
    "wingdings": _WINGDINGS,
}


def symbol(code: int, font: str) -> str:
    """Return the character that `font` shows for `code` (0 to 255, or in the private use area).

    A character of a font that is not known stays what it is.
    """
    low = code - _FIRST if _FIRST <= code <= _LAST else code
    table = _TABLES.get(font.lower())
    if table is None:
        return chr(code) if 0 < code <= 0x10FFFF else ""  # noqa: PLR2004 - the end of Unicode
    return table.get(low, chr(code))


def unprivate(text: str, font: str = "") -> str:
    """Return `text` with private characters shown as `font` does; as Symbol where none is named."""
    if not any(_FIRST <= ord(sign) <= _LAST for sign in text):
        return text
    known = font if font.lower() in _TABLES else "symbol"
    return "".join(
        symbol(ord(sign), known) if _FIRST <= ord(sign) <= _LAST else sign for sign in text
    )
