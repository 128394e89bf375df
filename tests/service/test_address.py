from pathlib import Path

import httpx2
import pytest

from service.address import Address, address_of
from service.errors import SettingsError
from service.settings import Settings, read_settings
from tests.building import write
from tests.processes import serving


def test_a_listener_on_loopback_is_its_own_address() -> None:
    """Whoever can reach it can follow its links."""
    assert address_of(Settings(), "127.0.0.1", 8000).public_url == "http://127.0.0.1:8000"
    assert address_of(Settings(), "::1", 8000).public_url == "http://[::1]:8000"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3"])  # noqa: S104 - no socket is opened
def test_another_listener_has_no_address_until_it_is_told(host: str) -> None:
    """Its links stay relative; a request's Host header is never believed."""
    assert address_of(Settings(), host, 8000).absolute("/documents/a#s1") == "/documents/a#s1"


def test_a_public_address_is_used_and_known() -> None:
    """Its links begin with it, its name and its pages are let in; a slash more is no matter."""
    settings = Settings(public_url="https://qa.example/pincite/")
    address = address_of(settings, "127.0.0.1", 8000)
    assert address.absolute("/documents/a") == "https://qa.example/pincite/documents/a"
    assert {"qa.example", "qa.example:*", "localhost:*"} <= set(address.hosts)
    assert "https://qa.example" in address.origins


def test_more_hosts_and_origins_are_a_list() -> None:
    """With commas between; nothing is let in but what is named."""
    settings = Settings(allowed_hosts="qa, qa.clinic:8000,", allowed_origins="https://chat.clinic")
    address = address_of(settings, "10.1.2.3", 80)
    assert address.hosts == (*Address().hosts, "qa", "qa.clinic:8000")
    assert address.origins == (*Address().origins, "https://chat.clinic")


@pytest.mark.parametrize("url", ["qa.example", "ftp://qa", "https://", "http://qa/?a=b", "x y"])
def test_what_is_no_address_is_refused(url: str) -> None:
    """By the setting's name."""
    with pytest.raises(SettingsError, match=r"^PINCITE_PUBLIC_URL: "):
        read_settings({"PINCITE_PUBLIC_URL": url})


def test_the_served_links_begin_with_the_setting(tmp_path: Path) -> None:
    """Whatever Host the request names."""
    source = write(tmp_path / "source")
    asked = {"question": "how long do these spasms usually last"}
    url = "https://qa.example"
    with serving(tmp_path / "home", source, PINCITE_PUBLIC_URL=url) as running:
        blocks = httpx2.post(
            f"{running.url}/v1/answers?format=anthropic",
            json=asked,
            headers={"host": "evil.example"},
        ).json()
        native = httpx2.post(f"{running.url}/v1/answers", json=asked).json()
    path = native["citations"][0]["url"]
    assert path.startswith("/documents/")
    assert blocks["content"][0]["source"] == url + path
