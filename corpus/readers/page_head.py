"""What a page's head declares: its language, <meta> fields, and schema.org data in JSON-LD."""

import json
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from corpus.declarations import declared
from corpus.documents import Attributes

_Field = tuple[str, str]


def page_attributes(tree: LexborHTMLParser) -> Attributes:
    """Return what the page declares of itself; what it does not, or in no known form, is None."""
    return declared([*_language(tree), *_meta(tree), *_linked_data(tree)])


def _language(tree: LexborHTMLParser) -> Iterator[_Field]:
    for root in tree.css("html")[:1]:
        for name in ("lang", "xml:lang"):
            yield "language", root.attributes.get(name) or ""


def _meta(tree: LexborHTMLParser) -> Iterator[_Field]:
    for node in tree.css("meta[content]"):
        said = node.attributes
        for key in ("name", "property", "itemprop", "http-equiv"):
            yield said.get(key) or "", said.get("content") or ""


def _linked_data(tree: LexborHTMLParser) -> Iterator[_Field]:
    for node in tree.css("script[type='application/ld+json']"):
        try:
            body = json.loads(node.text())
        except (ValueError, RecursionError):
            continue  # a page reads the same without it
        graph = body.get("@graph") if isinstance(body, dict) else body
        for thing in [body, *(graph if isinstance(graph, list) else ())]:
            if isinstance(thing, dict):
                yield "last_reviewed", _earliest(thing.get("lastReviewed"))
                yield "audience", _audience(thing.get("audience"))
                yield "language", _text(thing.get("inLanguage"))


def _earliest(value: object) -> str:
    """Return a day in ISO 8601; of several, as nhs.uk gives the next one too, the earliest."""
    days = value if isinstance(value, list) else [value]
    return min((day for day in days if isinstance(day, str) and day), default="")


def _audience(value: object) -> str:
    """Return "patient" for {"@type": "Patient"}, "https://schema.org/Patient" and "Patient"."""
    if isinstance(value, dict):
        value = value.get("audienceType") or value.get("@type")
    return _text(value).rpartition("/")[2]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
