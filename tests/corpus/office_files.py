"""Files of word processors for tests, written part by part."""

import io
import zipfile
from collections.abc import Mapping, Sequence

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMES = (
    f'xmlns:w="{WORD}"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
)
_OPEN = "urn:oasis:names:tc:opendocument:xmlns:"
_OPEN_NAMES = " ".join(
    f'xmlns:{name}="{_OPEN}{room}:1.0"'
    for name, room in {
        "office": "office", "text": "text", "table": "table", "style": "style",
        "draw": "drawing", "fo": "xsl-fo-compatible", "meta": "meta",
    }.items()
) + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive of the parts, the same bytes whenever it is made."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            # Of a day of its own: tests are named after bytes, in every worker alike.
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def docx_parts(body: str, **parts: str) -> dict[str, str | bytes]:
    """Return the parts of a Word document, those beside its body by name ("styles", "core")."""
    relations = "".join(
        f'<Relationship Id="r{at}" Type="{_TYPES}/{name}" Target="{name}.xml"/>'
        for at, name in enumerate(parts)
        if name != "core"
    )
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<R><R Type="{_TYPES}/officeDocument" Target="word/document.xml"/>'
        f'<R Type="{_TYPES}/metadata/core-properties" Target="core.xml"/></R>',
        "core.xml": f'<c xmlns:dc="http://purl.org/dc/elements/1.1/">{parts.get("core", "")}</c>',
        "word/document.xml": f"<w:document {_NAMES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f"<R>{relations}</R>",
    }
    for name, part in parts.items():
        if name != "core":
            files[f"word/{name}.xml"] = f"<w:{name} {_NAMES}>{part}</w:{name}>"
    return files


def docx(body: str, **parts: str) -> bytes:
    """Return a Word document of what stands in its body."""
    return zipped(docx_parts(body, **parts))


def p(text: str = "", properties: str = "", run: str = "") -> str:
    """Return a paragraph of Word."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{r(text, run)}</w:p>"


def r(text: str, properties: str = "") -> str:
    """Return a run of Word."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def odt_parts(body: str, automatic: str = "", styles: str = "", meta: str = "") -> dict[str, str]:
    """Return the parts of an OpenDocument text."""
    return {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office:document-content {_OPEN_NAMES}>"
        f"<office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>",
        "styles.xml": f"<office:document-styles {_OPEN_NAMES}><office:styles>{styles}"
        "</office:styles></office:document-styles>",
        "meta.xml": f"<office:document-meta {_OPEN_NAMES}><office:meta>{meta}</office:meta>"
        "</office:document-meta>",
    }


def odt(body: str, automatic: str = "", styles: str = "", meta: str = "") -> bytes:
    """Return an OpenDocument text of what stands in its body."""
    return zipped(odt_parts(body, automatic, styles, meta))


def epub_parts(pages: Sequence[str], **extra: str) -> dict[str, str | bytes]:
    """Return the parts of a book; `metadata`, `items`, `refs` and `guide` add to its package."""
    items = "".join(
        f'<item id="c{at}" href="c%20{at}.xhtml" media-type="application/xhtml+xml"/>'
        for at in range(len(pages))
    )
    refs = "".join(f'<itemref idref="c{at}"/>' for at in range(len(pages)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata>'
        f"{extra.get('metadata', '')}</metadata><manifest>{items}{extra.get('items', '')}"
        f"</manifest><spine>{extra.get('refs', '')}{refs}</spine>"
        f"<guide>{extra.get('guide', '')}</guide></package>"
    )
    files: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<c><r><rootfile full-path="OPS/book.opf"/></r></c>',
        "OPS/book.opf": package,
    }
    for at, page in enumerate(pages):
        files[f"OPS/c {at}.xhtml"] = (
            '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
            f"<body>{page}</body></html>"
        )
    return files


def epub(pages: Sequence[str], **extra: str) -> bytes:
    """Return a book of the bodies of its pages."""
    return zipped(epub_parts(pages, **extra))


def rtf(body: str) -> bytes:
    """Return RTF with three fonts: western, Russian and Symbol; and two styles."""
    return (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}"
        r"{\f2\fcharset2 Symbol;}{\f3\fcharset128 Gothic;}}{\stylesheet{\s1 heading 1;}"
        r"{\s2\sbasedon1 Mine;}{\s3 toc 1;}{\s4 Title;}}" + body + "}"
    ).encode("ascii")
