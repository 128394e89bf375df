"""RTF's character sets and languages, by the numbers it gives them."""

import codecs
import locale

SYMBOL_CHARSET = 2
_CHARSETS = {
    0: "cp1252",
    77: "mac_roman",
    128: "cp932",
    129: "cp949",
    130: "johab",
    134: "gb18030",
    136: "cp950",
    161: "cp1253",
    162: "cp1254",
    163: "cp1258",
    177: "cp1255",
    178: "cp1256",
    186: "cp1257",
    204: "cp1251",
    222: "cp874",
    238: "cp1250",
    254: "cp437",
    255: "cp850",
}
_CODE_PAGES = {936: "gb18030", 1361: "johab", 10000: "mac_roman", 65001: "utf-8"}
SETS_OF_HEADER = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}


def charset(number: int) -> str | None:
    r"""Return the codec of a font's character set (\fcharset); None for the document's own."""
    return _CHARSETS.get(number)


def code_page(number: int) -> str | None:
    r"""Return the codec of a code page (\ansicpg, \cpg); None for one that is not known."""
    name = _CODE_PAGES.get(number, f"cp{number}")
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def language(number: int) -> str | None:
    r"""Return the language of a number of Windows' list (\lang); None for none."""
    return locale.windows_locale.get(number)
