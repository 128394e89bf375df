"""Fonts of an RTF file: in which one text stands decides which characters its bytes are."""

from dataclasses import dataclass

from corpus.errors import Reason, UnreadableError
from corpus.readers.rich_text_charsets import SYMBOL_CHARSET, charset, code_page
from corpus.readers.symbol_font import symbol, unprivate


@dataclass(slots=True)
class _Font:
    name: str = ""
    codec: str | None = None
    is_symbol: bool = False


class Fonts:
    """The table of fonts; `codec` is that of text whose font says nothing."""

    def __init__(self) -> None:
        self.codec = "cp1252"
        self._fonts: dict[int, _Font] = {}

    def font(self, number: int) -> _Font:
        """Return a font to be described further."""
        return self._fonts.setdefault(number, _Font())

    def set_charset(self, number: int, said: int | None) -> None:
        """Take down a font's character set."""
        font = self.font(number)
        font.codec = charset(said or 0)
        font.is_symbol = said == SYMBOL_CHARSET

    def set_code_page(self, number: int | None, said: int | None) -> None:
        """Take down the code page of a font, or with None of the document."""
        codec = code_page(said or 0)
        if number is not None:
            self.font(number).codec = codec
        elif codec is not None:
            self.codec = codec

    def decode(self, data: bytes, number: int) -> str:
        """Return text that stands in the font `number`; UnreadableError `wrong_encoding`."""
        font = self._fonts.get(number, _Font())
        if font.is_symbol:
            return "".join(symbol(byte, font.name) for byte in data)
        codec = font.codec or self.codec
        try:
            return data.decode(codec)
        except UnicodeDecodeError as error:
            raise UnreadableError(
                Reason.WRONG_ENCODING,
                f"the file says it is {codec} but cannot be decoded as that; save it again",
            ) from error

    def character(self, code: int, number: int) -> str:
        """Return the character that the font `number` shows for a code of Unicode."""
        font = self._fonts.get(number)
        return unprivate(chr(code), font.name if font else "")
