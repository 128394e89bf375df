import hashlib

import pytest

from corpus.errors import Reason, UnreadableError
from corpus.readers.decoding import decode

FRENCH = (
    "L'été dernier, la fièvre a duré trois jours : \u201crien de grave\u201d, a dit le médecin.\n"
)
NOISE = hashlib.shake_256(b"noise").digest(4096)
JAPANESE = (
    "この病気では、脳や脊髄に炎症が起こり、さまざまな症状が現れます。症状が強くなる時期と、"
    "落ち着く時期とを繰り返すことがあります。筋肉がこわばるときは、担当の看護師に相談してください。"
)


def refused(data: bytes, *, declared: bool = False) -> UnreadableError:
    """Return the fault that decoding raises."""
    with pytest.raises(UnreadableError) as caught:
        decode(data, declared=declared)
    return caught.value


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_text_in_a_sane_encoding_is_read(encoding: str) -> None:
    """Every one of these gives the same characters back, with or without a byte order mark."""
    assert decode((FRENCH * 3).encode(encoding)) == FRENCH * 3


def test_latin_1_is_read() -> None:
    """Accented letters of ISO 8859-1 are told from UTF-8."""
    assert (
        decode("Señor Núñez tomó la pastilla.".encode("latin-1")) == "Señor Núñez tomó la pastilla."
    )


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (JAPANESE, "shift_jis"),
        ("Мышцы становятся жёсткими, и ими трудно двигать. Поговорите с врачом.", "cp1251"),  # noqa: RUF001 - Russian
        ("Mięśnie bolały długo, a różne leki mogły pomóc. Zapytaj swojego lekarza.", "cp1250"),
        ("Οι μύες γίνονται δύσκαμπτοι. Μιλήστε με τον γιατρό σας για τα φάρμακα.", "cp1253"),  # noqa: RUF001 - Greek
    ],
)
def test_other_encodings_are_detected_where_there_is_enough_text(text: str, encoding: str) -> None:
    """Statistics tell an encoding that the file does not name."""
    assert decode(text.encode(encoding)) == text


def test_an_encoding_that_could_be_two_is_not_guessed() -> None:
    """These bytes read nearly as well in Korean; they are refused rather than read as nonsense."""
    text = "この薬は食後に飲んでください。痛みが続くときは、医師に相談してください。\n" * 8
    assert refused(text.encode("shift_jis")).reason is Reason.WRONG_ENCODING


@pytest.mark.parametrize("data", [b"", b" ", b"\n\n\t \r\n"])
def test_an_empty_file_is_named_as_such(data: bytes) -> None:
    """No bytes and white space alone are both empty."""
    assert refused(data).reason is Reason.EMPTY


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02",
        b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\x00\x3e\x00",
        bytes(4096),
        b"Take 5 mg.\x00",
        NOISE,
        NOISE.replace(b"\x00", b"\x01"),
        b"\x1f\x8b\x08" + NOISE[:2000],
    ],
    ids=["png", "elf", "nuls", "one-nul", "random", "random-without-nul", "gzip"],
)
def test_binary_data_is_not_read_as_text(data: bytes) -> None:
    """Data that is no text is refused, however it is named."""
    assert refused(data).reason is Reason.BINARY


def test_one_broken_byte_in_utf_8_is_refused_with_its_line() -> None:
    """The file is not read as something else: a wrong character in a dose is worse than none."""
    good = "Prenez 5 µg, à midi.\n".encode()
    error = refused(good * 3 + b"Prenez 5 \xb5g.\n" + good)
    assert error.reason is Reason.WRONG_ENCODING
    assert "0xb5 on line 4" in str(error)


def test_a_declared_encoding_is_believed_where_asked_for() -> None:
    """A page says what it is written in, and short text gives nothing else to go by."""
    text = "<meta charset='iso-8859-2'><p>Łódź, pięć tabletek</p>"
    assert decode(text.encode("iso-8859-2"), declared=True) == text


def test_latin_1_means_what_the_web_means_by_it() -> None:
    """A page that declares ISO 8859-1 and holds Windows quotation marks keeps them."""
    text = "<meta charset='iso-8859-1'><p>the \u201cpen\u201d \u2013 5 \u20ac</p>"
    assert decode(text.encode("cp1252"), declared=True) == text


def test_utf_8_is_believed_over_a_declaration_that_lies() -> None:
    """Strict UTF-8 is hardly ever an accident, so it wins."""
    text = "<meta charset='windows-1252'><p>fièvre</p>"
    assert decode(text.encode(), declared=True) == text


@pytest.mark.parametrize("name", ["utf-8", "x-unknown", "base64", "idna", "punycode", "undefined"])
def test_a_declaration_that_cannot_be_is_refused(name: str) -> None:
    """A page that is not what it says, or says what nobody knows, is refused by that name."""
    error = refused(f"<meta charset={name}><p>fièvre</p>".encode("cp1252"), declared=True)
    assert error.reason is Reason.WRONG_ENCODING
    assert name in str(error)


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_half_a_character_of_utf_16_is_refused(mark: bytes) -> None:
    """A byte order mark over an odd number of bytes is broken text."""
    assert refused(mark + b"a").reason is Reason.WRONG_ENCODING
