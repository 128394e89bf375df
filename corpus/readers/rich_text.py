"""RTF: what the page shows. Deleted and hidden text, headers, footers and codes are left out.

RTF says how text looks and seldom what it is; headings are paragraphs in a heading's style or with
an outline level, else short bold ones, and items have a bullet or number before them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from corpus.documents import Attributes
from corpus.errors import Reason, UnreadableError
from corpus.language_tag import language_tag
from corpus.readers.content import Content
from corpus.readers.own_title import own_title
from corpus.readers.rich_text_charsets import SETS_OF_HEADER, language
from corpus.readers.rich_text_fonts import Fonts
from corpus.readers.rich_text_page import Page, Style
from corpus.readers.rich_text_state import CHANGES, Room, State
from corpus.readers.rich_text_tokens import Kind, Token, tokens

_SIGNS = {
    "emdash": "\u2014",
    "endash": "\u2013",
    "lquote": "\u2018",
    "rquote": "\u2019",
    "ldblquote": "\u201c",
    "rdblquote": "\u201d",
    "bullet": "\u2022",
    "tab": "\t",
    "line": "\n",
    "page": "\n",
    "column": "\n",
    "emspace": " ",
    "enspace": " ",
    "qmspace": " ",
    "~": "\u00a0",
    "_": "\u2011",
    "-": "",
    "{": "{",
    "}": "}",
    "\\": "\\",
    "zwj": "\u200d",
    "zwnj": "\u200c",
    "mden": "/",
    "msup": "^",
    "msub": "_",
}
_ROOMS = {
    "fonttbl": Room.FONTS,
    "stylesheet": Room.STYLES,
    "info": Room.ABOUT,
    "title": Room.TITLE,
    "listtext": Room.LABEL,
    "pntext": Room.LABEL,
}
_UNREAD = frozenset(
    "colortbl pict header headerl headerr headerf footer footerl footerr footerf annotation atnid"
    " atnauthor fldinst objdata nonshppict shprslt sp upr xe tc rxe txe filetbl revtbl listtable"
    " listoverridetable generator nonesttables ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn"
    " private1 comment background themedata do".split()
)
# They may be left out by a reader that does not know them; we do.
_KNOWN_OPTIONS = frozenset(
    "ud shpinst shppict moMath moMathPara nesttableprops footnote listtext pntext".split()
)
_DEEPEST = 1_000
_HIGH, _LOW, _PAIRS = range(0xD800, 0xDC00), range(0xDC00, 0xE000), 0x10000


def read(data: bytes) -> Content:
    """Read RTF."""
    clean = data.removeprefix(b"\xef\xbb\xbf").strip(b"\0 \t\r\n")
    if not clean:
        raise UnreadableError(Reason.EMPTY, "the file is empty; put text into it or remove it")
    if not clean.startswith(b"{\\rtf"):
        raise UnreadableError(
            Reason.WRONG_TYPE, "the file is not RTF; give it its true file name ending"
        )
    return _Walk().read(clean)


class _Walk:
    def __init__(self) -> None:
        self._state = State()
        self._outer: list[State] = []
        self._begins = False  # nothing but \* stood in this group so far
        self._optional = False  # \* stood
        self._page = Page()
        self._asides: list[int] = []  # at how many open groups each note or box began
        self._ends_text = False  # the note is an endnote
        self._fonts = Fonts()
        self._bytes = bytearray()
        self._skip = 0  # characters still to be left out after a Unicode one
        self._half = 0  # the first half of a character beyond U+FFFF
        self._pieces: list[str] = []  # of a title or label
        self._title = ""
        self._language = 0  # where nothing else is said
        self._languages: Counter[int] = Counter()
        self._actions: dict[str, Callable[[int | None], None]] = {
            "par": lambda _: self._page.end_paragraph(self._state),
            "sect": lambda _: self._page.end_paragraph(self._state),
            "cell": lambda _: self._end_cell(1),
            "nestcell": lambda _: self._end_cell(2),
            "row": lambda _: self._page.end_row(self._state, 1),
            "nestrow": lambda _: self._page.end_row(self._state, 2),
            "u": self._unicode,
            "ftnalt": lambda _: self._turn_to_endnote(),
            "fcharset": lambda number: self._fonts.set_charset(self._state.font, number),
            "cpg": lambda number: self._fonts.set_code_page(self._state.font, number),
            "ansicpg": lambda number: self._fonts.set_code_page(None, number),
            "deflang": self._set_language,
            "plain": lambda _: self._plain(),
        }

    def read(self, data: bytes) -> Content:
        for token in tokens(data):
            match token.kind:
                case Kind.OPEN:
                    self._open()
                case Kind.CLOSE:
                    self._close()
                    if not self._outer:
                        return self._content()
                case Kind.WORD:
                    self._word(token)
                case _:
                    self._text(token.data)
        raise UnreadableError(Reason.DAMAGED, "the file is cut off; open it and save it again")

    def _content(self) -> Content:
        self._page.end_paragraph(State())
        title = own_title(self._title) or own_title(self._page.title)
        said = (language(number) for number, _ in self._languages.most_common(1))
        tag = language_tag(next(said, None))
        return self._page.flow.content(title, Attributes(language=tag))

    def _open(self) -> None:
        self._flush()
        if len(self._outer) >= _DEEPEST:
            raise UnreadableError(
                Reason.TOO_DEEP, f"more than {_DEEPEST:,} groups are nested; save it again"
            )
        self._outer.append(self._state)
        self._begins, self._optional, self._skip = True, False, 0

    def _close(self) -> None:
        self._flush()
        self._begins, self._skip = False, 0
        if self._asides and self._asides[-1] == len(self._outer):
            self._asides.pop()
            self._page.end_aside(self._state, ends_text=self._ends_text)
            self._ends_text = False
        inner, self._state = self._state, self._outer.pop()
        if inner.room is not self._state.room and inner.room in {Room.LABEL, Room.TITLE}:
            text = " ".join("".join(self._pieces).split())
            self._pieces.clear()
            if inner.room is Room.LABEL:
                self._page.label = text
            else:
                self._title = text

    def _word(self, token: Token) -> None:
        word, begins = token.word, self._begins
        if self._skip and not begins and word not in {"u", "*"}:
            self._skip -= 1
            return
        self._flush(keep_half=word == "u")
        self._begins = begins and word == "*"
        if word == "*":
            self._optional = True
        elif begins and self._begins_room(word):
            pass
        elif action := self._actions.get(word):
            action(token.number)
        elif word in _SIGNS:
            self._write(_SIGNS[word])
        elif change := CHANGES.get(word):
            self._state = change(self._state, token.number)
        elif word in SETS_OF_HEADER:
            self._fonts.codec = SETS_OF_HEADER[word]

    def _begins_room(self, word: str) -> bool:
        """Turn to where the text of a group goes that begins with `word`; False if to the same."""
        room = self._state.room
        if word in _ROOMS and room in {Room.PAGE, Room.ABOUT}:
            self._turn_to(_ROOMS[word])
        elif word == "ud":
            # The same text once more, in Unicode: what it stands in was turned away from.
            outer = self._outer[-2].room if len(self._outer) > 1 else Room.PAGE
            self._turn_to(outer)
        elif word in _UNREAD or (word.startswith("m") and word.endswith("Pr")):
            self._turn_to(Room.NOWHERE)
        elif word in {"footnote", "shptxt"} and room is Room.PAGE:
            self._begin_aside(is_note=word == "footnote")
        elif self._optional and word not in _KNOWN_OPTIONS:
            self._turn_to(Room.NOWHERE)
        else:
            return False
        return True

    def _turn_to(self, room: Room) -> None:
        self._state = replace(self._state, room=room)

    def _begin_aside(self, *, is_note: bool) -> None:
        depth = self._page.begin_aside(is_note=is_note)
        self._asides.append(len(self._outer))
        self._state = replace(self._state, depth=depth, style=0, level=None, listed=False)

    def _turn_to_endnote(self) -> None:
        self._ends_text = bool(self._asides)

    def _end_cell(self, least: int) -> None:
        if self._state.room is Room.PAGE:
            self._page.end_cell(self._state, least)

    def _set_language(self, number: int | None) -> None:
        self._language = number or 0
        self._state = replace(self._state, language=self._language)

    def _plain(self) -> None:
        self._state = replace(
            self._state, bold=False, hidden=False, high=False, language=self._language
        )

    def _text(self, data: bytes) -> None:
        self._begins = False
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        if self._state.room is not Room.NOWHERE:
            self._bytes += data[skipped:]

    def _flush(self, *, keep_half: bool = False) -> None:
        """Decode the bytes gathered so far: one character may stand in two tokens."""
        if self._half and not keep_half:
            self._half = 0
            self._write("\ufffd")
        if self._bytes:
            data = bytes(self._bytes)
            self._bytes.clear()
            in_tables = self._state.room in {Room.FONTS, Room.STYLES}
            self._write(
                data.decode("latin-1") if in_tables else self._fonts.decode(data, self._state.font)
            )

    def _unicode(self, number: int | None) -> None:
        self._skip = self._state.fallback
        code = (number or 0) % _PAIRS
        half, self._half = self._half, 0
        if code in _HIGH:
            self._half = code
        elif half and code in _LOW:
            self._write(chr(_PAIRS + ((half - _HIGH.start) << 10) + code - _LOW.start))
        else:
            self._write(self._fonts.character(code, self._state.font))

    def _write(self, text: str) -> None:
        state = self._state
        if state.shown:
            self._languages[state.language] += sum(map(str.isalpha, text))
            self._page.line.write(text, bold=state.bold, high=state.high)
        elif state.room is Room.FONTS:
            self._fonts.font(state.font).name += text.rstrip(";")
        elif state.room is Room.STYLES:
            style = self._page.styles.setdefault(state.style, Style())
            style.name += text.rstrip(";").strip().lower()
            style.based_on, style.level = state.based_on, state.level
        elif state.room in {Room.TITLE, Room.LABEL}:
            self._pieces.append(text)
