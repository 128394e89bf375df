"""XML, parsed so that a hostile file can do no harm. The one module that knows lxml.

Entities are not resolved and a file that declares any is refused, nothing is fetched, and trees
deeper than 256 elements or texts longer than ten million bytes end the parsing.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Protocol

from lxml import etree

from corpus.errors import Reason, UnreadableError


class Element(Protocol):
    """One element of a tree, as much of it as readers use; names are "{namespace}local"."""

    @property
    def tag(self) -> object:
        """The name; no string for what is no element."""

    @property
    def text(self) -> str | None:
        """The text before the first child."""

    @property
    def tail(self) -> str | None:
        """The text between this element and the next."""

    def get(self, key: str) -> str | None:
        """Return an attribute."""

    def __iter__(self) -> Iterator["Element"]: ...

    def iter(self) -> Iterator["Element"]:
        """Go through the element and all below it, in the order of the document."""


def parse(data: bytes, name: str) -> Element:
    """Parse the part called `name`.

    Raises UnreadableError: `damaged` for what is not well formed or declares entities,
    `too_deep`, `too_much_text` for a single text of more than ten million bytes.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root: Element = etree.fromstring(data, parser)
        declared = root.getroottree().docinfo.internalDTD  # type: ignore[attr-defined]
    except (etree.LxmlError, ValueError) as error:
        raise _fault(name, str(error)) from error
    if declared is not None and any(True for _ in declared.iterentities()):
        raise UnreadableError(
            Reason.DAMAGED,
            f"the part {name} declares entities, which no word processor writes; save it again",
        )
    return root


def _fault(name: str, detail: str) -> UnreadableError:
    if "depth" in detail:
        return UnreadableError(
            Reason.TOO_DEEP, f"the part {name} is nested too deeply; write the document flatter"
        )
    if "too long" in detail or "amplification" in detail:
        return UnreadableError(
            Reason.TOO_MUCH_TEXT, f"the part {name} has a text that is too long; part it"
        )
    return UnreadableError(
        Reason.DAMAGED, f"the part {name} is damaged ({detail}); open the file and save it again"
    )


@lru_cache(maxsize=4096)
def _split(tag: str) -> tuple[str, str]:
    namespace, _, local = tag.rpartition("}")
    return namespace[1:], local


def split(element: Element) -> tuple[str, str]:
    """Return an element's namespace and local name; two empty strings for what is no element."""
    tag = element.tag
    return _split(tag) if isinstance(tag, str) else ("", "")


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return split(element)[1]


def child(element: Element | None, name: str) -> Element | None:
    """Return the first child with the local name `name`."""
    if element is None:
        return None
    return next((one for one in element if local(one) == name), None)


def words(element: Element | None) -> str:
    """Return all text below `element`, white space as single spaces; "" without one."""
    if element is None:
        return ""
    pieces = [element.text or ""]
    for one in element.iter():
        if one is not element:
            pieces.extend((one.text or "", one.tail or ""))
    return " ".join("".join(pieces).split())
