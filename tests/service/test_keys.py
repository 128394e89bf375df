import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli import pincite
from service.errors import KeysError
from service.keys import Keyring

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_nothing_is_closed_before_the_first_key_and_all_after_it(tmp_path: Path) -> None:
    """A HOME without keys is open; with one it is closed, and stays so when the last is revoked."""
    ring = Keyring(tmp_path)
    assert not ring.closed()
    key, _ = ring.create("bot", ["ask"], now=NOW)
    assert ring.closed()
    ring.revoke(key.key_id)
    assert ring.closed()
    assert ring.keys() == []


def test_a_key_is_found_by_its_token_alone(tmp_path: Path) -> None:
    """The token finds its key; any other character, another key's id or none finds nothing."""
    ring = Keyring(tmp_path)
    key, token = ring.create("bot", ["ask"], now=NOW)
    other, _ = ring.create("other", ["ask"], now=NOW)
    assert ring.find(token, NOW) == key
    last = "A" if token[-1] != "A" else "B"
    crossed = token.replace(key.key_id, other.key_id)
    for wrong in (token[:-1] + last, token[:-1], token + "A", crossed, "", "pin__", "Bearer"):
        assert ring.find(wrong, NOW) is None


def test_the_file_holds_no_token_and_is_the_owners_alone(tmp_path: Path) -> None:
    """Neither the token nor its secret half is on disk, and nobody else may read the file."""
    ring = Keyring(tmp_path)
    _, token = ring.create("bot", ["ask"], now=NOW)
    file = tmp_path / "keys.json"
    secret = token.split("_", 2)[2]
    assert secret not in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_expires_at_its_moment(tmp_path: Path) -> None:
    """It holds until the second before, and not at the moment itself."""
    ring = Keyring(tmp_path)
    end = NOW + timedelta(days=1)
    key, token = ring.create("bot", ["ask"], now=NOW, expires_at=end)
    assert ring.find(token, end - timedelta(seconds=1)) == key
    assert ring.find(token, end) is None
    with pytest.raises(KeysError, match="opens nothing"):
        ring.create("late", ["ask"], now=NOW, expires_at=NOW)


def test_a_key_with_origins_is_used_from_them_alone(tmp_path: Path) -> None:
    """From its origin it is found; from another, and from a caller that names none, it is not."""
    ring = Keyring(tmp_path)
    key, token = ring.create("page", ["ask"], now=NOW, origins=["https://chat.clinic.example/"])
    assert ring.find(token, NOW, "https://chat.clinic.example") == key
    assert ring.find(token, NOW, "https://chat.clinic.example.evil.example") is None
    assert ring.find(token, NOW) is None


def test_a_key_opens_the_collections_it_was_granted(tmp_path: Path) -> None:
    """None named means all; else those named and no other."""
    ring = Keyring(tmp_path)
    everything, _ = ring.create("all", ["ask"], now=NOW)
    one, _ = ring.create("one", ["ask"], now=NOW, collections=["leaflets"])
    assert everything.opens("anything")
    assert one.opens("leaflets")
    assert not one.opens("staff")


def test_another_process_sees_a_change_at_its_next_look(tmp_path: Path) -> None:
    """What one keyring creates or revokes, another one of the same HOME finds or misses."""
    here, there = Keyring(tmp_path), Keyring(tmp_path)
    key, token = here.create("bot", ["ask"], now=NOW)
    assert there.find(token, NOW) == key
    here.revoke(key.key_id)
    assert there.find(token, NOW) is None


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 9, "keys": []}', '{"keys": 1}'])
def test_a_file_that_cannot_be_read_grants_nothing(tmp_path: Path, content: str) -> None:
    """It stays closed, and the message names the file."""
    ring = Keyring(tmp_path)
    _, token = ring.create("bot", ["ask"], now=NOW)
    (tmp_path / "keys.json").write_text(content, encoding="utf-8")
    assert ring.closed()
    with pytest.raises(KeysError, match=r"keys\.json: cannot be read"):
        ring.find(token, NOW)


def test_the_shell_makes_lists_and_revokes_keys(tmp_path: Path) -> None:
    """Create prints the token once, list never does, revoke takes it away or says there is none."""
    shell, home = CliRunner(), ["--home", str(tmp_path)]
    made = shell.invoke(pincite, ["keys", "create", "bot", "--scope", "ask", *home, "--json"])
    body = json.loads(made.stdout)
    assert Keyring(tmp_path).find(body["key"], datetime.now(UTC)) is not None
    listed = shell.invoke(pincite, ["keys", "list", *home])
    assert listed.stdout == f"{body['key_id']}\task\tall\tnever\tbot\n"
    assert body["key"] not in shell.invoke(pincite, ["keys", "list", *home, "--json"]).stdout
    assert shell.invoke(pincite, ["keys", "revoke", body["key_id"], *home]).exit_code == 0
    again = shell.invoke(pincite, ["keys", "revoke", body["key_id"], *home])
    assert isinstance(again.exception, KeysError)
    assert str(again.exception) == f"there is no key '{body['key_id']}'; pincite keys list"
