"""EPUB: the chapters of a book in the order of its spine, each read as a web page.

The table of contents and the cover only repeat the book and are left out.
"""

import posixpath
import re
from html import escape
from urllib.parse import unquote

from corpus.documents import Attributes
from corpus.errors import Reason, UnreadableError
from corpus.language_tag import language_tag
from corpus.readers.archive import Archive
from corpus.readers.content import Content, Draft
from corpus.readers.decoding import decode
from corpus.readers.own_title import own_title
from corpus.readers.web_page import walk_page
from corpus.readers.xml_tree import Element, child, local, parse, words

_FORM = "a book (.epub)"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONTS_ONLY = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
_PAGES = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document"})
_LONGEST_COVER = 200
"""Characters without white space: a title, its author and its publisher."""

_HEAD = re.compile(r"<head\b.*?</head>", re.DOTALL | re.IGNORECASE)
_LINK = re.compile(r"<a\b[^>]*>[^<]*(?:<(?!/a\b)[^<]*)*</a>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
# In XML "<a/>" is an element with nothing in it, in HTML one that is still open.
_CLOSED = re.compile(r"""<([A-Za-z][^\s/>]*)((?:[^<>"'/]|"[^"<]*"|'[^'<]*'|/(?!>))*+)/>""")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


def read(data: bytes) -> Content:
    """Read a book; UnreadableError `encrypted` for one under copy protection."""
    archive = Archive(data, _FORM)
    if _CONTAINER not in archive:
        named = "mimetype" in archive and b"epub" in archive.read("mimetype")
        raise UnreadableError(
            Reason.DAMAGED if named else Reason.WRONG_TYPE,
            f"the part {_CONTAINER} is missing; get the book again"
            if named
            else f"the file is not {_FORM}; give it its true file name ending",
        )
    _refuse_protected(archive)
    path = _package_path(archive)
    package = parse(archive.read(path), path)
    draft = Draft()
    chapters, guided = _chapters(package, posixpath.dirname(path))
    for chapter in chapters:
        data = archive.read(chapter)
        if not data.strip():
            continue
        page = _as_html(decode(data, declared=True))
        if not _repeats(page, guided.get(chapter)):
            walk_page(page, draft)
    metadata = child(package, "metadata")
    title = own_title(words(_first(metadata, "title")))
    language = language_tag(words(_first(metadata, "language")))
    content = draft.content(title, Attributes(language=language))
    if not any(character.isalnum() for character in content.text):
        raise UnreadableError(Reason.NO_TEXT, "the book has no words in it")
    return content


def _first(metadata: Element | None, name: str) -> Element | None:
    """Return the first element called `name`; old books wrap them once more."""
    found = metadata.iter() if metadata is not None else iter(())
    return next((one for one in found if local(one) == name), None)


def _refuse_protected(archive: Archive) -> None:
    if _ENCRYPTION not in archive:
        return
    for element in parse(archive.read(_ENCRYPTION), _ENCRYPTION).iter():
        if local(element) != "EncryptedData":
            continue
        method = child(element, "EncryptionMethod")
        if method is None or method.get("Algorithm") not in _FONTS_ONLY:
            raise UnreadableError(
                Reason.ENCRYPTED, "the book is copy-protected; get it without protection"
            )


def _package_path(archive: Archive) -> str:
    for element in parse(archive.read(_CONTAINER), _CONTAINER).iter():
        path = element.get("full-path")
        if local(element) == "rootfile" and path:
            return path
    raise UnreadableError(Reason.DAMAGED, "the book names no package; get it again")


def _chapters(package: Element, folder: str) -> tuple[list[str], dict[str, str]]:
    """Return the pages of the spine in order, each once, and what the guide calls whole pages."""
    items = {
        element.get("id") or "": element
        for element in _children(package, "manifest")
        if local(element) == "item"
    }
    spine = [items.get(element.get("idref") or "") for element in _children(package, "spine")]
    if not any(item is not None for item in spine):
        raise UnreadableError(Reason.DAMAGED, "the book has no spine; get it again")
    chapters = dict.fromkeys(
        _path(folder, item.get("href") or "")
        for item in spine
        if item is not None
        and item.get("media-type") in _PAGES
        and "nav" not in (item.get("properties") or "").split()
    )
    guided = {
        _path(folder, href): (element.get("type") or "").lower()
        for element in _children(package, "guide")
        if "#" not in (href := element.get("href") or "")
    }
    return list(chapters), guided


def _repeats(page: str, said: str | None) -> bool:
    """Tell whether a page that the guide calls cover or contents is no more than that.

    A book may call a chapter so because it begins with one.
    """
    if said == "cover":
        return len(_shown(page)) < _LONGEST_COVER
    if said == "toc":
        linked = sum(len(_shown(link[0])) for link in _LINK.finditer(page))
        return linked > len(_shown(page)) // 2
    return False


def _shown(page: str) -> str:
    return "".join(_TAG.sub("", _HEAD.sub("", page)).split())


def _children(package: Element, name: str) -> list[Element]:
    found = child(package, name)
    return [] if found is None else list(found)


def _path(folder: str, href: str) -> str:
    path = unquote(href.partition("#")[0])
    return posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/")


def _as_html(page: str) -> str:
    """Return a page of XML in the spelling of HTML."""

    def opened(tag: re.Match[str]) -> str:
        return tag[0] if tag[1].lower() in _VOID else f"<{tag[1]}{tag[2]}></{tag[1]}>"

    return _CDATA.sub(lambda text: escape(text[1]), _CLOSED.sub(opened, page))
