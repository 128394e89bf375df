from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from corpus.errors import Reason, UnreadableError
from corpus.media_types import LARGEST_PACKAGE, kind_of, refuse_wrong_type
from corpus.reading import find, read_all

_DOCUMENTS = Path(__file__).parents[3] / "shared" / "data" / "documents"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)


def package(**parts: str) -> bytes:
    """Return a zip file of these parts; "__" in a name stands for a slash, "_x_" for a dot."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(name.replace("__", "/").replace("_x_", "."), text)
    return file.getvalue()


def workbook() -> bytes:
    """Return a workbook's bytes."""
    file = BytesIO()
    openpyxl.Workbook().save(file)
    return file.getvalue()


def refused(data: bytes, media_type: str) -> UnreadableError:
    """Return the fault that the check raises."""
    with pytest.raises(UnreadableError) as caught:
        refuse_wrong_type(data, media_type)
    return caught.value


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (b"%PDF-1.7\n", ".pdf"),
        (b"{\\rtf1 Rest", ".rtf"),
        (b"\n<!-- saved --><!DOCTYPE html><p>Rest", ".html"),
        ("<html><p>Rest".encode("utf-16"), ".html"),
        (b'<?xml version="1.0"?>\n<html xmlns="x">', ".html"),
        (workbook(), ".xlsx"),
        (package(mimetype="application/epub+zip"), ".epub"),
        (package(mimetype="application/vnd.oasis.opendocument.text"), ".odt"),
        (package(word__document_x_xml="<w/>"), ".docx"),
        (package(leaflet_x_pdf="%PDF-1.4"), ".zip"),
        (b"PK\x03\x04" + bytes(40), ".zip"),
        (_OLE, ".doc"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", ".jpg"),
    ],
)
def test_bytes_say_what_they_are(data: bytes, ending: str) -> None:
    """Signatures tell formats apart, and packages say what they are inside."""
    kind = kind_of(data)
    assert kind is not None
    assert kind.ending == ending


@pytest.mark.parametrize("data", [b"", b"Rest first.", b"PK says", b"<p>html", b"I like  WEBP"])
def test_text_has_no_signature(data: bytes) -> None:
    """What begins like words is left to its reader."""
    assert kind_of(data) is None


@pytest.mark.parametrize(
    ("data", "media_type", "mend"),
    [
        (b"<!doctype html><p>Rest", "text/plain", "rename it to end in .html"),
        (workbook(), "text/csv", "rename it to end in .xlsx"),
        (b"%PDF-1.7\n", "text/plain", "by its bytes the file is a PDF"),
        (package(a_x_txt="Rest"), _EXCEL, "unpack it"),
        (_OLE, _EXCEL, "save it as .docx, .xlsx or .pdf"),
        (b"\x89PNG\r\n\x1a\n", "text/markdown", "a PNG picture"),
    ],
)
def test_a_wrong_name_is_refused_with_its_mend(data: bytes, media_type: str, mend: str) -> None:
    """Nothing is read as what it is not; the message says what it is and what to do."""
    error = refused(data, media_type)
    assert error.reason is Reason.WRONG_TYPE
    assert mend in str(error)


def test_what_fits_its_name_passes() -> None:
    """The true type passes, and so do HTML in Markdown and a damaged package for its reader."""
    refuse_wrong_type(workbook(), _EXCEL)
    refuse_wrong_type(workbook()[:200], _EXCEL)
    refuse_wrong_type(b"<html><p>Rest", "text/markdown")
    refuse_wrong_type(b"Rest first.", "text/plain")


def test_a_password_is_named() -> None:
    """A workbook under a password is an old file's shell around one encrypted stream."""
    locked = _OLE + "EncryptedPackage".encode("utf-16-le")
    assert refused(locked, _EXCEL).reason is Reason.ENCRYPTED


def test_a_bomb_is_refused_unopened() -> None:
    """What a package would unpack to is known from its directory."""
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as made, made.open("a", "w", force_zip64=True) as part:
        for _ in range(LARGEST_PACKAGE // (16 * 1024 * 1024) + 1):
            part.write(bytes(16 * 1024 * 1024))
    assert len(file.getvalue()) < 1024 * 1024
    assert refused(file.getvalue(), _EXCEL).reason is Reason.TOO_LARGE


def test_files_that_may_hold_leaflets_are_a_fault(tmp_path: Path) -> None:
    """An archive or an old Word file in a folder is reported with its mend; a picture is not."""
    for name in ("old.doc", "all.zip", "photo.png"):
        (tmp_path / name).write_bytes(b"x")
    skipped = {}
    assert not list(read_all(find([tmp_path]).sources, lambda one: skipped.update({one.uri: one})))
    assert {uri: one.fault for uri, one in skipped.items()} == {
        "old.doc": True,
        "all.zip": True,
        "photo.png": False,
    }
    assert "save it as .docx" in skipped["old.doc"].detail
    assert "unpack it" in skipped["all.zip"].detail


@pytest.mark.skipif(
    not _DOCUMENTS.is_dir(), reason="../shared/data/documents is not on this machine"
)
def test_real_files_are_what_their_names_say() -> None:
    """Of 121 documents only those without a signature are not known; none is taken for another."""
    same = {".htm": ".html"}
    for path in sorted(_DOCUMENTS.rglob("*.*")):
        kind = kind_of(path.read_bytes())
        assert kind is None or kind.ending == same.get(path.suffix, path.suffix), path.name


@pytest.mark.skipif(
    not _DOCUMENTS.is_dir(), reason="../shared/data/documents is not on this machine"
)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("poc-shared-strings.xlsx", Reason.TOO_MUCH_TEXT),
        ("poc-xmlbomb.xlsx", Reason.DAMAGED),
        ("poc-xmlbomb-empty.xlsx", Reason.DAMAGED),
        ("droste.zip", Reason.UNSUPPORTED_TYPE),
    ],
)
def test_bombs_are_refused(name: str, reason: Reason) -> None:
    """Published bombs cost a message each."""
    skipped: list[Reason] = []
    sources = find([_DOCUMENTS / "slow_or_bomb" / name]).sources
    assert not list(read_all(sources, lambda one: skipped.append(one.reason)))
    assert skipped == [reason]


@pytest.mark.parametrize("part", ["[Content_Types].xml", "mimetype"])
def test_a_package_whose_parts_do_not_unpack_is_damaged(part: str) -> None:
    """The reader of the expected type says so; the check does not fall over it."""
    whole = package(**{part: "".join(map(str, range(999)))})
    at = whole.index(part.encode()) + len(part)
    broken = whole[: at + 9] + b"\xff" * 40 + whole[at + 49 :]
    assert refused(broken, "text/csv").reason is Reason.WRONG_TYPE
    refuse_wrong_type(broken, _EXCEL)
