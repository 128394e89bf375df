"""Whether the title in a file's properties is one that somebody gave it."""

import re

_NO_TITLE = re.compile(
    r"(?:untitled|document|dokument|documento|title|titel|microsoft word|word document|normal"
    r"|powerpoint presentation|template|no title|unknown|blank(?: document)?)[\s\d._-]*"
    r"|microsoft word\b.*"
    r"|.*\.(?:docx?|dotx?m?|odt|ott|rtf|pdf|tmp|epub|html?)"
    r"|\[.*\]",
    re.IGNORECASE,
)


def own_title(stated: str | None) -> str | None:
    """Return `stated` without outer white space; None for what a program filled in by itself.

    >>> own_title(" Living with MS "), own_title("Microsoft Word - a.doc"), own_title("Document1")
    ('Living with MS', None, None)
    """
    title = " ".join((stated or "").split())
    if not any(character.isalnum() for character in title) or _NO_TITLE.fullmatch(title):
        return None
    return title
