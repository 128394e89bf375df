"""HOME/site/urgent.toml: the cards for questions that no leaflet should answer first."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from service.errors import SiteError

_TOKEN = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['\u2019]")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]{1,30}")
_LONGEST = 1_000
_FIELDS = {"phrases", "title", "text", "phone"}


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown above the answer to a question that holds one of the phrases."""

    phrases: tuple[str, ...]
    title: str
    text: str
    phone: str = ""

    @property
    def dialled(self) -> str:
        """The telephone number as a link has it."""
        return re.sub(r"[^0-9+]", "", self.phone)

    def concerns(self, question: str) -> bool:
        """Tell whether a question holds a phrase: whole words, in any case, apostrophe or none."""
        asked = _key(question)
        return any(_key(phrase) in asked for phrase in self.phrases)


def card_for(cards: Iterable[Card], *questions: str | None) -> Card | None:
    """Return the first card that concerns one of the questions."""
    asked = [question for question in questions if question]
    return next((card for card in cards if any(map(card.concerns, asked))), None)


def cards_of(body: dict[str, Any]) -> tuple[Card, ...]:
    """Read the cards of a parsed file; SiteError says what is wrong with it."""
    tables = body.get("card")
    if set(body) != {"card"} or not isinstance(tables, list) or not tables:
        raise SiteError("it must hold [[card]] tables, and nothing else")
    return tuple(_card(table, number) for number, table in enumerate(tables, start=1))


def _card(table: object, number: int) -> Card:
    where = f"card {number}"
    if not isinstance(table, dict):
        raise SiteError(f"{where}: it must be a table, written [[card]]")
    if unknown := sorted(set(table) - _FIELDS):
        raise SiteError(f"{where}: there is no {unknown[0]!r}; known are {', '.join(_KNOWN)}")
    phrases = table.get("phrases")
    if not isinstance(phrases, list) or not phrases:
        raise SiteError(f"{where}: phrases must be a list of at least one phrase")
    for phrase in phrases:
        if not isinstance(phrase, str) or not _key(phrase).strip():
            raise SiteError(f"{where}: each phrase must have a letter or a digit")
    texts = {}
    for name in ("title", "text", "phone"):
        value = table.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise SiteError(f"{where}: {name} must be text of at most {_LONGEST:,} characters")
        if not value.strip() and name != "phone":
            raise SiteError(f"{where}: {name} is missing")
        texts[name] = " ".join(value.split())
    if texts["phone"] and not _PHONE.fullmatch(texts["phone"]):
        raise SiteError(f"{where}: phone must be digits, spaces, brackets, hyphens and a first +")
    return Card(tuple(phrases), **texts)


def _key(text: str) -> str:
    """Return the words of a text, each between spaces, so that `in` finds whole words alone."""
    return f" {' '.join(_TOKEN.findall(_APOSTROPHE.sub('', text.casefold())))} "


_KNOWN = sorted(_FIELDS)
