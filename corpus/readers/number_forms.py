"""How a counted number is written: in digits, letters or Roman numerals."""

_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc")),
    *((50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_MOST_ROMAN = 4_000
_MOST_LETTERS = 26 * 30


def written(count: int, form: str) -> str:
    """Write `count` in the form that Word calls "lowerRoman", "upperLetter" and the like.

    A form that is not known is written in digits.

    >>> written(4, "upperRoman"), written(28, "lowerLetter"), written(3, "decimalZero")
    ('IV', 'bb', '03')
    """
    if form in {"none", "bullet"}:
        return ""
    if form == "decimalZero":
        return f"{count:02}"
    if form in {"lowerRoman", "upperRoman"} and 0 < count < _MOST_ROMAN:
        written = ""
        for worth, sign in _ROMAN:
            written += sign * (count // worth)
            count %= worth
        return written.upper() if form == "upperRoman" else written
    if form in {"lowerLetter", "upperLetter"} and 0 < count <= _MOST_LETTERS:
        times, at = divmod(count - 1, 26)
        letter = chr(ord("a") + at) * (times + 1)
        return letter.upper() if form == "upperLetter" else letter
    return str(count)
