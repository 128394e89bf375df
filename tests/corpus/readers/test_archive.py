import io
import zipfile

import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers import archive, xml_tree
from corpus.readers.archive import Archive
from tests.corpus.office_files import zipped


def fault(data: bytes, part: str = "a.xml") -> Reason:
    """Return why a part cannot be read."""
    with pytest.raises(UnreadableError) as caught:
        Archive(data, "a document").read(part)
    return caught.value.reason


def test_a_part_is_found_without_case() -> None:
    """Names of parts are compared as Office compares them."""
    assert Archive(zipped({"Word/A.xml": "text"}), "a document").read("word/a.XML") == b"text"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.EMPTY),
        (b"\0 \n", Reason.EMPTY),
        (b"%PDF-1.7", Reason.WRONG_TYPE),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"W\0o\0r\0d\0", Reason.WRONG_TYPE),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            Reason.ENCRYPTED,
        ),
        (zipped({"a.xml": "text" * 99})[:-30], Reason.DAMAGED),
        (zipped({"b.xml": "text"}), Reason.DAMAGED),
    ],
)
def test_what_is_no_whole_archive_is_refused_by_name(data: bytes, reason: Reason) -> None:
    """Empty, another type, an old format, under a password, cut off, or without the part."""
    assert fault(data) is reason


def test_a_part_with_a_wrong_checksum_is_damaged() -> None:
    """Bytes that were changed on the way are noticed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as stored:
        stored.writestr("a.xml", "take 5 mg")
    assert fault(file.getvalue().replace(b"5 mg", b"9 mg", 1)) is Reason.DAMAGED


def test_a_part_under_a_password_is_encrypted() -> None:
    """The mark on the part is enough."""
    data = bytearray(zipped({"a.xml": "text"}))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert fault(bytes(data)) is Reason.ENCRYPTED


def test_a_part_that_unpacks_a_thousandfold_is_refused() -> None:
    """A bomb is seen by its own size, and not unpacked."""
    assert fault(zipped({"a.xml": b" " * 20_000_000})) is Reason.TOO_MUCH_TEXT


def test_all_parts_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many parts of a size that is allowed are too much as well."""
    monkeypatch.setattr(archive, "LARGEST_WHOLE", 10)
    opened = Archive(zipped({"a": "123456", "b": "123456"}), "a document")
    assert opened.read("a") == b"123456"
    with pytest.raises(UnreadableError) as caught:
        opened.read("b")
    assert caught.value.reason is Reason.TOO_MUCH_TEXT


def test_too_many_parts_are_refused() -> None:
    """Their number alone costs memory."""
    many = zipped({str(number): "" for number in range(archive.MOST_PARTS + 1)})
    assert fault(many) is Reason.TOO_MUCH_TEXT


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<a><b></a>", Reason.DAMAGED),
        (b"", Reason.DAMAGED),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', Reason.DAMAGED),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', Reason.DAMAGED),
        (b"<a>" * 300 + b"</a>" * 300, Reason.TOO_DEEP),
        (b"<a>" + b"x" * 11_000_000 + b"</a>", Reason.TOO_MUCH_TEXT),
    ],
)
def test_xml_that_does_harm_is_refused(data: bytes, reason: Reason) -> None:
    """Not well formed, with entities of its own or of other files, too deep, too long."""
    with pytest.raises(UnreadableError) as caught:
        xml_tree.parse(data, "a.xml")
    assert caught.value.reason is reason
