import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from selectolax.lexbor import LexborHTMLParser

from index.encoders.hashing import HashingEncoder
from service.app import create_app
from service.contrast import colours_of, contrast
from service.errors import SiteError
from service.library import Library
from service.pages.translation import words_of
from service.pages.words import ENGLISH
from service.settings import Settings
from service.sites import Site, open_site
from service.urgent import Card, card_for, cards_of
from tests.service.pages.conftest import LEAFLET, first, index

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
CARD = """\
[[card]]
phrases = ["can't breathe", "chest pain"]
title = "Call for <b>help</b>"
text = "Do not wait."
phone = "0999 000-000"
"""


def opened(home: Path, **files: str) -> Site:
    """Write files into a home's site folder (a dot as "__"), and open it."""
    folder = home / "site"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, "utf-8")
    return open_site(home, Settings())


def client(home: Path, **files: str) -> TestClient:
    """Return a client of a service with one leaflet and these site files."""
    folder = home / "documents"
    folder.mkdir(parents=True)
    (folder / "spasms.md").write_text(LEAFLET, "utf-8")
    index(home, folder)
    app = create_app(Library(home, HashingEncoder()), site=opened(home, **files))
    return TestClient(app, headers={"accept": "text/html"})


def test_without_files_nothing_changes(tmp_path: Path) -> None:
    """A home without a site folder has our looks, our words and no card."""
    assert open_site(tmp_path, Settings()) == Site()


def test_a_site_has_its_own_looks(tmp_path: Path) -> None:
    """Name, logo and colours are on every page, the error page too; each asset is served typed."""
    served = client(
        tmp_path,
        site__toml='name = "Clinic <i>A</i>"\nlogo = "logo.svg"\naccent = "#5b2a86"\n'
        'accent_dark = "#cdb4f5"\n',
        logo__svg=SVG,
    )
    for address in ("/", "/search?q=spasm", "/nowhere"):
        tree = LexborHTMLParser(served.get(address).text)
        assert first(tree, ".product").text() == "Clinic <i>A</i>"
        assert "Clinic <i>A</i>" in first(tree, "title").text()
        logo = served.get(str(first(tree, ".product img").attributes["src"]))
        assert logo.headers["content-type"] == "image/svg+xml"
        assert "default-src 'none'" in logo.headers["content-security-policy"]
        assert "sandbox" in logo.headers["content-security-policy"]
        assert "immutable" in logo.headers["cache-control"]
        sheet = served.get(str(first(tree, "link[href^='/site/colours']").attributes["href"]))
        assert "--accent:#5b2a86;--on-accent:#ffffff" in sheet.text
        assert sheet.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"site__toml": "name = 3"}, "name must be text"),
        ({"site__toml": "nam = 'x'"}, "there is no 'nam'"),
        ({"site__toml": "name = "}, "is not used"),
        ({"site__toml": "logo = '../../etc/passwd'"}, "in the same folder"),
        ({"site__toml": "logo = 'none.png'"}, "there is no file none.png"),
        ({"site__toml": "logo = 'a.png'", "a__png": "<html>"}, "no PNG, JPEG, WebP or SVG"),
        ({"site__toml": "logo = 'a.svg'", "a__svg": "<svg>" + " " * 262_144}, "more than 262,144"),
        ({"site__toml": "accent = '#777777'\naccent_dark = '#cdb4f5'"}, "must be 4.5:1"),
        ({"site__toml": "accent = '#5b2a86'"}, "go together"),
        ({"site__toml": "accent = 'red'\naccent_dark = '#cdb4f5'"}, "must be written as"),
        ({"words__toml": "serch = 'x'"}, "there is no word 'serch'"),
        ({"words__toml": "line = 'ligne {line.__class__}'"}, "in braces here: {line}"),
        ({"words__toml": "line = 'ligne {'"}, "in braces here"),
        ({"words__toml": "direction = 'up'"}, "must be"),
        ({"words__toml": "lang = 'x'"}, "language tag"),
        ({"words__toml": "[errors]\n999 = {title = 'x'}"}, "there is no '999'"),
        ({"urgent__toml": "phrases = ['x']"}, "[[card]] tables"),
        ({"urgent__toml": "[[card]]\nphrases = []"}, "at least one phrase"),
        ({"urgent__toml": CARD.replace("0999", "javascript:")}, "phone must be"),
        ({"urgent__toml": CARD.replace("phone", "fone")}, "there is no 'fone'"),
    ],
)
def test_a_faulty_file_is_told_and_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, files: dict[str, str], said: str
) -> None:
    """A file at fault is named in the log with what is wrong; the pages stay as without it."""
    with caplog.at_level(logging.ERROR):
        site = opened(tmp_path, **files)
    assert site == Site()
    (record,) = caplog.records
    assert said in record.getMessage()
    assert "mend it" in record.getMessage()


def test_colours_are_read_by_everybody() -> None:
    """An accent is refused below 4.5:1; what is written on it has at least that."""
    colours = colours_of("#5b2a86", "#cdb4f5")
    assert colours is not None
    assert contrast(colours.light, colours.on_light) >= 4.5
    assert contrast(colours.dark, colours.on_dark) >= 4.5
    with pytest.raises(SiteError, match="lighter"):
        colours_of("#5b2a86", "#5b2a86")


def test_words_may_be_another_language(tmp_path: Path) -> None:
    """Words that are given replace ours, the others stay; language and direction are said."""
    served = client(
        tmp_path,
        words__toml='lang = "ar"\ndirection = "rtl"\nsearch = "\u0628\u062d\u062b <b>"\n'
        'quotes_from = {one = "\u0648\u0627\u062d\u062f"}\n[faults]\n'
        'empty = "\u0641\u0627\u0631\u063a"\n'
        '[errors]\n404 = {title = "404!"}\n',
    )
    tree = LexborHTMLParser(served.get("/").text)
    assert first(tree, "html").attributes["lang"] == "ar"
    assert first(tree, "html").attributes["dir"] == "rtl"
    assert first(tree, ".box button").text() == "\u0628\u062d\u062b <b>"
    assert first(tree, ".notice").text() == "\u0648\u0627\u062d\u062f"
    assert first(tree, "h1").text() == ENGLISH.front_title
    assert "\u0641\u0627\u0631\u063a" in served.get("/search?q=").text
    error = LexborHTMLParser(served.get("/nowhere").text)
    assert first(error, "h1").text() == "404!"
    assert ENGLISH.errors[404].detail in error.text()


def test_every_kind_of_word_can_be_said() -> None:
    """A table of counted words may use the number in either."""
    words = words_of({"answered": {"one": "{n} passage", "many": "{n} passages"}})
    assert words.answered.of(1) == "1 passage"


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("I can't breathe!", True),
        ("i CAN\u2019T  breathe", True),
        ("cant breathe", True),
        ("bad chest-pain today", True),
        ("chest painting class", False),
        ("breathe", False),
        ("", False),
    ],
)
def test_a_card_is_for_whole_words(question: str, *, shown: bool) -> None:
    """A phrase is found as whole words, in any case, with an apostrophe or none."""
    card = Card(("can't breathe", "chest pain"), "t", "x")
    assert (card_for((card,), question) is card) == shown


def test_urgent_help_stands_above_the_answer(tmp_path: Path) -> None:
    """The card is above any answer and any fault, as text, with a number to call."""
    served = client(tmp_path, urgent__toml=CARD)
    for question in ("I can't breathe in a spasm", "chest pain " * 120):
        source = served.get("/search", params={"q": question}).text
        tree = LexborHTMLParser(source)
        card = first(tree, ".urgent[role=alert]")
        assert first(card, ".statement").text() == "Urgent help: Call for <b>help</b>"
        assert first(card, "a").attributes["href"] == "tel:0999000000"
        if "<blockquote" in source:
            assert source.index('class="urgent"') < source.index("<blockquote")
    assert not LexborHTMLParser(served.get("/search?q=spasm").text).css(".urgent")


def test_the_first_card_that_fits_is_shown() -> None:
    """With two cards, the order of the file decides."""
    cards = cards_of(
        {
            "card": [
                {"phrases": ["b"], "title": "1", "text": "x"},
                {"phrases": ["a"], "title": "2", "text": "x"},
            ]
        }
    )
    found = card_for(cards, "a b")
    assert found is not None
    assert found.title == "1"
