"""RTF: what the page shows. Deleted and hidden text, headers, footers and codes are left out.

RTF says how text looks and not what it is; headings are paragraphs in a heading's style or with an
outline level, else short bold ones, and items are paragraphs with a bullet or number before them.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from corpus.documents import Attributes, BlockKind
from corpus.errors import Reason, UnreadableError
from corpus.readers.content import Content
from corpus.readers.flow import Flow, Line
from corpus.readers.language_tag import language_tag
from corpus.readers.own_title import own_title
from corpus.readers.rich_text_charsets import (
    SETS_OF_HEADER,
    SYMBOL_CHARSET,
    charset,
    code_page,
    language,
)
from corpus.readers.rich_text_tokens import Kind, Token, tokens
from corpus.readers.symbol_font import symbol, unprivate

_SIGNS = {
    **{"emdash": "\u2014", "endash": "\u2013", "lquote": "\u2018", "rquote": "\u2019"},
    **{"ldblquote": "\u201c", "rdblquote": "\u201d", "bullet": "\u2022", "tab": "\t"},
    **{"line": "\n", "page": "\n", "column": "\n", "emspace": " ", "enspace": " "},
    **{"qmspace": " ", "~": "\u00a0", "_": "\u2011", "-": "", "{": "{", "}": "}", "\\": "\\"},
    **{"zwj": "\u200d", "zwnj": "\u200c", "mden": "/", "msup": "^", "msub": "_"},
}
_UNREAD = frozenset(
    "colortbl pict header headerl headerr headerf footer footerl footerr footerf annotation atnid"
    " atnauthor fldinst objdata nonshppict shprslt sp upr xe tc rxe txe filetbl revtbl listtable"
    " listoverridetable generator nonesttables ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn"
    " private1 comment background themedata do".split()
)
_READ_ALL_THE_SAME = frozenset(
    "ud shpinst shppict moMath moMathPara nesttableprops footnote listtext pntext".split()
)
_CONTENTS = ("toc ", "table of figures", "index ")
_HEADING = re.compile(r"heading ([1-9])")
_DEEPEST_HEADING = 6
_DEEPEST = 1_000
_BODY_LEVEL = 9


@dataclass(frozen=True, slots=True)
class _State:
    """What holds within a group of the file, and is restored at its end."""

    room: str = "text"  # or where text goes instead: "none", "fonts", "styles", "title", "label"
    bold: bool = False
    hidden: bool = False
    deleted: bool = False
    high: bool = False
    font: int = 0
    fallback: int = 1  # how many characters after \u stand for readers without Unicode
    language: int = 0
    style: int = 0
    level: int | None = None
    listed: bool = False
    depth: int = 0  # of tables in tables


@dataclass(slots=True)
class _Font:
    name: str = ""
    codec: str | None = None
    is_symbol: bool = False


@dataclass(frozen=True, slots=True)
class _Aside:
    """What was being written when a note or a box began."""

    flow: Flow
    line: Line
    closed: list[bool]
    groups: int
    is_note: bool


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
        self._state = _State()
        self._outer: list[_State] = []
        self._opened = False  # nothing but \* stood in this group so far
        self._optional = False  # \* stood
        self._flow = Flow()
        self._line = Line()
        self._closed: list[bool] = []  # of each open row, whether its last cell has ended
        self._asides: list[_Aside] = []
        self._ends_text = False
        self._bytes = bytearray()
        self._skip = 0
        self._half = 0  # the first half of a character beyond U+FFFF
        self._codec = "cp1252"
        self._fonts: dict[int, _Font] = {}
        self._style_names: dict[int, str] = {}
        self._default_language = 0
        self._names: list[str] = []  # text of the table entry, title or label being read
        self._label = ""
        self._title = ""
        self._languages: Counter[int] = Counter()

    def read(self, data: bytes) -> Content:
        whole = False
        for token in tokens(data):
            match token.kind:
                case Kind.OPEN:
                    self._open()
                case Kind.CLOSE:
                    self._close()
                    if not self._outer:
                        whole = True
                        break
                case Kind.WORD:
                    self._word(token)
                case _:
                    self._text(token)
        if not whole:
            raise UnreadableError(Reason.DAMAGED, "the file is cut off; open it and save it again")
        self._end_paragraph()
        said = (language(number) for number, _ in self._languages.most_common(1))
        tag = language_tag(next(said, None))
        return self._flow.content(own_title(self._title), Attributes(language=tag))

    def _open(self) -> None:
        self._flush()
        if len(self._outer) >= _DEEPEST:
            raise UnreadableError(
                Reason.TOO_DEEP, f"more than {_DEEPEST:,} groups are nested; save it again"
            )
        self._outer.append(self._state)
        self._opened, self._optional, self._skip = True, False, 0

    def _close(self) -> None:
        self._flush()
        self._skip = 0
        self._opened = False
        if self._asides and self._asides[-1].groups == len(self._outer):
            self._end_aside()
        inner, self._state = self._state, self._outer.pop()
        if inner.room != self._state.room:
            self._end_room(inner)

    def _end_room(self, inner: _State) -> None:
        text = "".join(self._names)
        if inner.room == "label":
            self._label = " ".join(text.split())
            self._state = replace(self._state, listed=True)
        elif inner.room == "title":
            self._title = text
        self._names.clear()

    def _word(self, token: Token) -> None:
        if self._skip and token.word not in {"u", "*"} and not self._opened:
            self._skip -= 1
            return
        self._flush(keep_half=token.word == "u")
        word, number = token.word, token.number
        opened, self._opened = self._opened, word == "*" and self._opened
        if word == "*":
            self._optional = True
        elif opened and self._begins_room(word):
            pass
        elif action := _ACTIONS.get(word):
            action(self, number)
        elif word in _SIGNS:
            self._write(_SIGNS[word])
        elif change := _CHANGES.get(word):
            self._state = change(self._state, number)
        elif word in SETS_OF_HEADER:
            self._codec = SETS_OF_HEADER[word]

    def _begins_room(self, word: str) -> bool:
        """Turn to where the text of a group goes that begins with `word`; False if to the page."""
        room = self._state.room
        if word in _ROOMS and room in {"text", "info"}:
            self._set(room=_ROOMS[word])
        elif word == "ud":
            self._set(room="text" if room == "none" else room)
        elif word in _UNREAD or (word.startswith("m") and word.endswith("Pr")):
            self._set(room="none")
        elif word in {"footnote", "shptxt"} and room == "text":
            self._begin_aside(is_note=word == "footnote")
        elif self._optional and word not in _READ_ALL_THE_SAME:
            if room not in {"fonts", "styles"} or word not in {"cs", "ts", "ds"}:
                self._set(room="none")
        else:
            return False
        return True

    def _set(self, **changed: object) -> None:
        self._state = replace(self._state, **changed)  # type: ignore[arg-type]

    def _text(self, token: Token) -> None:
        self._opened = False
        data = token.data
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if data and self._state.room != "none":
            self._bytes += data

    def _flush(self, *, keep_half: bool = False) -> None:
        """Decode the bytes gathered so far: characters of two bytes may stand in two tokens."""
        if self._half and not keep_half:
            self._half = 0
            self._write("\ufffd")
        if not self._bytes:
            return
        data = bytes(self._bytes)
        self._bytes.clear()
        font = self._fonts.get(self._state.font, _Font())
        if font.is_symbol and self._state.room in {"text", "label"}:
            self._write("".join(symbol(byte, font.name) for byte in data))
            return
        codec = font.codec or self._codec
        try:
            self._write(data.decode(codec))
        except UnicodeDecodeError as error:
            raise UnreadableError(
                Reason.WRONG_ENCODING,
                f"the file says it is {codec} but cannot be decoded as that; save it again",
            ) from error

    def _unicode(self, number: int | None) -> None:
        self._skip = self._state.fallback
        code = (number or 0) % 0x10000
        if 0xD800 <= code < 0xDC00:  # noqa: PLR2004 - the first of a pair
            self._half = code
        elif self._half and 0xDC00 <= code < 0xE000:  # noqa: PLR2004 - the second
            pair, self._half = self._half, 0
            self._write(chr(0x10000 + ((pair - 0xD800) << 10) + code - 0xDC00))
        else:
            self._half = 0
            font = self._fonts.get(self._state.font, _Font())
            self._write(unprivate(chr(code), font.name))

    def _write(self, text: str) -> None:
        state = self._state
        if state.room == "text":
            if not (state.hidden or state.deleted):
                self._languages[state.language] += sum(map(str.isalpha, text))
                self._line.write(text, bold=state.bold, high=state.high)
        elif state.room == "fonts":
            font = self._fonts.setdefault(state.font, _Font())
            font.name += text.rstrip(";")
        elif state.room == "styles":
            name = self._style_names.get(state.style, "")
            self._style_names[state.style] = name + text.rstrip(";").lower()
        elif state.room in {"title", "label"}:
            self._names.append(text)

    def _begin_aside(self, *, is_note: bool) -> None:
        groups = len(self._outer)
        self._asides.append(_Aside(self._flow, self._line, self._closed, groups, is_note))
        self._line = Line()
        self._set(depth=0, style=0, level=None, listed=False)
        if is_note:
            self._flow, self._closed, self._ends_text = Flow(), [], False
        else:
            self._set(depth=self._asides[-1].flow.inside_rows)

    def _end_aside(self) -> None:
        self._end_paragraph()
        aside = self._asides.pop()
        text = self._flow.note() if aside.is_note else ""
        self._flow, self._line, self._closed = aside.flow, aside.line, aside.closed
        if aside.is_note and self._ends_text:
            self._flow.endnote(text)
        elif aside.is_note:
            self._line.notes.append(text)

    def _end_paragraph(self, _number: int | None = None) -> None:
        state = self._state
        if state.deleted or state.hidden or state.room != "text":
            return
        line, self._line = self._line, Line()
        label, self._label = self._label, ""
        if not line.text.strip() and not line.notes:
            return
        self._enter(state.depth)
        if self._closed and self._closed[-1]:
            self._flow.begin_cell()
            self._closed[-1] = False
        name = self._style_names.get(state.style, "")
        heading = _HEADING.fullmatch(name)
        level = int(heading[1]) if heading and state.level is None else (state.level or 0)
        if name.startswith(_CONTENTS):
            return
        if name == "title":
            self._title = self._title or line.text
            self._flow.paragraph(line, BlockKind.HEADING, 1)
        elif level:
            self._flow.paragraph(line, BlockKind.HEADING, min(level, _DEEPEST_HEADING), label)
        else:
            kind = BlockKind.ITEM if state.listed or label else BlockKind.PARAGRAPH
            self._flow.paragraph(line, kind)

    def _enter(self, depth: int) -> None:
        """Open or end rows until `depth` of them are open."""
        while self._flow.inside_rows > depth:
            self._flow.end_row()
            self._closed.pop()
        while self._flow.inside_rows < depth:
            self._flow.begin_row()
            self._flow.begin_cell()
            self._closed.append(False)

    def _end_cell(self, depth: int) -> None:
        if self._state.room != "text":
            return
        self._set(depth=max(self._state.depth, depth))
        self._end_paragraph()
        self._enter(self._state.depth)
        if self._closed[-1]:
            self._flow.begin_cell()
        self._closed[-1] = True

    def _end_row(self, depth: int) -> None:
        self._end_paragraph()
        if self._flow.inside_rows >= depth:
            self._enter(depth - 1)

    def _note_ends_text(self) -> None:
        self._ends_text = True

    def _font_charset(self, number: int | None) -> None:
        if self._state.room == "fonts" and number is not None:
            font = self._fonts.setdefault(self._state.font, _Font())
            font.codec = charset(number)
            font.is_symbol = number == SYMBOL_CHARSET

    def _code_page(self, number: int | None) -> None:
        known = code_page(number or 0)
        if self._state.room == "fonts":
            self._fonts.setdefault(self._state.font, _Font()).codec = known
        elif known:
            self._codec = known

    def _set_default_language(self, number: int | None) -> None:
        self._default_language = number or 0
        self._set(language=number or 0)

    def _plain(self) -> None:
        self._set(bold=False, hidden=False, high=False, language=self._default_language)


_ROOMS = {
    **{"fonttbl": "fonts", "stylesheet": "styles", "info": "info", "title": "title"},
    **{"listtext": "label", "pntext": "label"},
}
_ACTIONS: dict[str, Callable[[_Walk, int | None], None]] = {
    "par": _Walk._end_paragraph,
    "sect": _Walk._end_paragraph,
    "u": _Walk._unicode,
    "cell": lambda walk, _: walk._end_cell(1),
    "nestcell": lambda walk, _: walk._end_cell(2),
    "row": lambda walk, _: walk._end_row(1),
    "nestrow": lambda walk, _: walk._end_row(2),
    "ftnalt": lambda walk, _: walk._note_ends_text(),
    "fcharset": _Walk._font_charset,
    "cpg": _Walk._code_page,
    "ansicpg": _Walk._code_page,
    "deflang": _Walk._set_default_language,
    "plain": lambda walk, _: walk._plain(),
}
_CHANGES: dict[str, Callable[[_State, int | None], _State]] = {
    "b": lambda state, number: replace(state, bold=number != 0),
    "v": lambda state, number: replace(state, hidden=number != 0),
    "deleted": lambda state, number: replace(state, deleted=number != 0),
    "super": lambda state, number: replace(state, high=number != 0),
    "sub": lambda state, _: replace(state, high=False),
    "nosupersub": lambda state, _: replace(state, high=False),
    "f": lambda state, number: replace(state, font=number or 0),
    "uc": lambda state, number: replace(state, fallback=max(number or 0, 0)),
    "lang": lambda state, number: replace(state, language=number or 0),
    "s": lambda state, number: replace(state, style=number or 0),
    "outlinelevel": lambda state, number: replace(
        state, level=0 if number is None or not 0 <= number < _BODY_LEVEL else number + 1
    ),
    "ls": lambda state, number: replace(state, listed=bool(number)),
    "intbl": lambda state, _: replace(state, depth=max(state.depth, 1)),
    "itap": lambda state, number: replace(state, depth=min(max(number or 0, 0), 50)),
    "pard": lambda state, _: replace(state, style=0, level=None, listed=False, depth=0),
}
