import pytest

from corpus.readers import MEDIA_TYPES, READERS, reader


def test_every_known_ending_has_a_reader() -> None:
    """What a folder offers can be read: each media type names a function that exists."""
    assert set(MEDIA_TYPES.values()) == set(READERS)
    assert all(callable(reader(media_type)) for media_type in READERS)


def test_an_unknown_media_type_is_a_key_error() -> None:
    """There is no reader of last resort."""
    with pytest.raises(KeyError):
        reader("application/x-nothing")
