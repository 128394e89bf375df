from pathlib import Path

import pytest

from service.errors import SettingsError
from service.settings import Settings, read_settings
from tests.processes import one_line, run


def test_every_setting_has_a_default() -> None:
    """With an empty environment the settings are the documented ones."""
    settings = read_settings({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert (settings.encoder, settings.engine) == ("bge-small", "faiss:auto")
    assert settings.home.is_absolute()


def test_variables_are_read_by_their_prefix() -> None:
    """PINCITE_PORT is the port; what has no such prefix is none of ours."""
    settings = read_settings({"PINCITE_PORT": "9", "PORT": "10", "PINCITE_HOME": "/data"})
    assert (settings.port, settings.home) == (9, Path("/data"))


def test_only_what_is_handed_over_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's own environment does not shine through, in whatever case it is written."""
    monkeypatch.setenv("PINCITE_PORT", "9")
    monkeypatch.setenv("pincite_host", "example.org")
    settings = read_settings({})
    assert (settings.port, settings.host) == (8000, "127.0.0.1")
    assert read_settings().port == 9


@pytest.mark.parametrize("name", ["PINCITE_PROT", "PINCITE_", "PINCITE_HOME_DIR", "PINCITE_port"])
def test_an_unknown_setting_is_refused_by_name(name: str) -> None:
    """A misspelt variable is an error that lists the known ones, never ignored."""
    with pytest.raises(SettingsError, match=rf"^{name}: no such setting; known are PINCITE_"):
        read_settings({name: "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PINCITE_PORT", "many"),
        ("PINCITE_PORT", "-1"),
        ("PINCITE_PORT", "65536"),
        ("PINCITE_PORT", "8000.5"),
        ("PINCITE_LARGEST_FILE", "0"),
        ("PINCITE_LARGEST_TEXT", "0"),
        ("PINCITE_LARGEST_TEXT", "4294967296"),
        ("PINCITE_READ_SECONDS", "0"),
        ("PINCITE_READ_SECONDS", "nan"),
        ("PINCITE_READ_SECONDS", "inf"),
        ("PINCITE_READ_MEMORY", "1000000"),
        ("PINCITE_LOG_FORMAT", "xml"),
        ("PINCITE_LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    """The error names the variable."""
    with pytest.raises(SettingsError, match=f"^{name}: "):
        read_settings({name: value})


def test_every_bad_value_is_told_at_once() -> None:
    """Two faults, one error that names both."""
    with pytest.raises(SettingsError, match=r"PINCITE_PORT: .*; PINCITE_LOG_LEVEL: "):
        read_settings({"PINCITE_PORT": "x", "PINCITE_LOG_LEVEL": "x"})


def test_a_variable_set_to_nothing_counts_as_not_set() -> None:
    """As in a compose file whose variable is not given."""
    assert read_settings({"PINCITE_HOME": "", "PINCITE_PORT": ""}) == read_settings({})


def test_settings_cannot_be_changed() -> None:
    """They are read once and handed down."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 9


def test_an_option_goes_before_a_variable(tmp_path: Path) -> None:
    """--home wins over PINCITE_HOME."""
    done = run(tmp_path / "one", "documents", "list", "--home", tmp_path / "two")
    assert done.returncode == 1
    done = run(tmp_path / "one", "index", "--home", tmp_path / "two", Path(__file__).parent)
    assert (tmp_path / "two" / "collections").is_dir()
    assert not (tmp_path / "one").exists()


def test_the_shell_refuses_an_unknown_setting_on_one_line(tmp_path: Path) -> None:
    """Exit status 1, one line, no traceback."""
    done = run(tmp_path, "doctor", PINCITE_PROT="1")
    assert done.returncode == 1
    assert one_line(done.stderr).startswith("pincite: PINCITE_PROT: no such setting; known are")


@pytest.mark.parametrize("pattern", ["RXX-[", "[0-9]*"])
def test_a_hospital_number_that_cannot_be_one_is_refused(pattern: str) -> None:
    """No regular expression, or one that is found in every gap between two letters."""
    with pytest.raises(SettingsError, match="PINCITE_HOSPITAL_NUMBER"):
        read_settings({"PINCITE_HOSPITAL_NUMBER": pattern})
