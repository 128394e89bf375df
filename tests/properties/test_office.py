from collections.abc import Callable
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UnreadableError
from corpus.normalize import canonical
from corpus.readers import READERS, reader
from tests.corpus.office_files import docx, epub, odt, p, rtf

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1)
PARAGRAPHS = st.lists(TEXTS.map(lambda text: f"A{text}z"), min_size=1, max_size=5)


def _rtf(paragraphs: list[str]) -> bytes:
    def unit(text: str) -> str:
        units = text.encode("utf-16-le")
        codes = (int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2))
        return "".join(f"\\u{code if code < 2**15 else code - 2**16}?" for code in codes)

    return rtf("".join(f"\\pard {unit(text)}\\par" for text in paragraphs))


WRITERS: dict[str, Callable[[list[str]], bytes]] = {
    ".wordprocessingml.document": lambda texts: docx("".join(p(escape(one)) for one in texts)),
    ".opendocument.text": lambda texts: odt(
        "".join(f"<text:p>{escape(one)}</text:p>" for one in texts)
    ),
    "epub+zip": lambda texts: epub(["".join(f"<p>{escape(one)}</p>" for one in texts)]),
    "/rtf": _rtf,
}


@pytest.mark.parametrize("ending", WRITERS)
@given(paragraphs=PARAGRAPHS)
def test_what_is_written_is_read(ending: str, paragraphs: list[str]) -> None:
    """Each paragraph is a block of the same words, at exact offsets."""
    media_type = next(name for name in READERS if name.endswith(ending))
    content = reader(media_type)(WRITERS[ending](paragraphs))
    found = [content.text[one.start : one.end].split() for one in content.structure.blocks]
    assert found == [canonical(text).split() for text in paragraphs]


@pytest.mark.parametrize("ending", WRITERS)
@given(data=st.data(), paragraphs=PARAGRAPHS)
def test_a_file_with_wrong_bytes_is_read_or_refused(
    ending: str, data: st.DataObject, paragraphs: list[str]
) -> None:
    """Whatever was done to a file, nothing but the one fault is raised."""
    media_type = next(name for name in READERS if name.endswith(ending))
    whole = WRITERS[ending](paragraphs)
    at = data.draw(st.integers(0, len(whole)))
    broken = (
        whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 9)) :]
    )
    try:
        content = reader(media_type)(broken)
    except UnreadableError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert canonical(content.text) == content.text
