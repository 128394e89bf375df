"""The parts of a Word document (.docx): which file of the archive is what."""

import posixpath
from dataclasses import dataclass

from corpus.errors import Reason, UnreadableError
from corpus.readers.archive import Archive
from corpus.readers.xml_tree import Element, local, parse

_FORM = "a Word document (.docx)"
_PROPERTIES = ("core-properties", "coreProperties")
"""Kinds of relation: of the package, and as Strict documents name it."""

_OTHERS = {
    "workbook": "a workbook; name it .xlsx",
    "presentation": "a presentation, which is not read; save its text as a document",
}


@dataclass(frozen=True, slots=True)
class Package:
    """The trees of a document's parts; None for those that it does not have."""

    document: Element
    styles: Element | None
    numbering: Element | None
    footnotes: Element | None
    endnotes: Element | None
    properties: Element | None


def open_package(data: bytes) -> Package:
    """Open a document.

    Raises UnreadableError, as Archive and `parse` do; `wrong_type` for an archive that is
    something else, `damaged` where a part that it names is missing.
    """
    archive = Archive(data, _FORM)
    if "_rels/.rels" not in archive:
        if "[Content_Types].xml" in archive or "word/document.xml" in archive:
            raise UnreadableError(
                Reason.DAMAGED, "the part _rels/.rels is missing; open it and save it again"
            )
        raise UnreadableError(
            Reason.WRONG_TYPE, f"the file is not {_FORM}; give it its true file name ending"
        )
    package = _targets(archive, "_rels/.rels", "")
    main = package.get("officeDocument")
    if main is None:
        raise UnreadableError(Reason.DAMAGED, "the file names no document; save it again")
    document = parse(archive.read(main), main)
    if (kind := local(document)) != "document":
        what = _OTHERS.get(kind, f"not {_FORM}")
        raise UnreadableError(Reason.WRONG_TYPE, f"the file is {what}")
    folder, leaf = posixpath.split(main)
    about = posixpath.join(folder, "_rels", f"{leaf}.rels")
    parts = _targets(archive, about, folder) if about in archive else {}

    def tree(targets: dict[str, str], kind: str) -> Element | None:
        return parse(archive.read(targets[kind]), targets[kind]) if kind in targets else None

    return Package(
        document,
        styles=tree(parts, "styles"),
        numbering=tree(parts, "numbering"),
        footnotes=tree(parts, "footnotes"),
        endnotes=tree(parts, "endnotes"),
        properties=tree(package, next((kind for kind in _PROPERTIES if kind in package), "")),
    )


def _targets(archive: Archive, name: str, folder: str) -> dict[str, str]:
    """Return the path of each part by the last word of its relation's type."""
    found: dict[str, str] = {}
    for relation in parse(archive.read(name), name):
        if (relation.get("TargetMode") or "").lower() == "external":
            continue
        kind = (relation.get("Type") or "").rpartition("/")[2]
        target = relation.get("Target") or ""
        path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
        found.setdefault(kind, path)
    return found
