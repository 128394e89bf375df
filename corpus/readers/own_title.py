"""Whose title it is: one that somebody gave the document, or one that a program filled in."""

import re
from collections.abc import Sequence

_NO_TITLE = re.compile(
    r"(?:untitled(?: \w+)?|document|dokument|documento|title|titel|microsoft word|word document"
    r"|normal|powerpoint presentation|presentation|print|full page|(?:slide|layout|page|sheet) \d+"
    r"|template|no title|unknown|blank(?: document)?)[\s\d._-]*"
    r"|microsoft (?:word|powerpoint|excel|office)\b.*|powerpoint [\W\d].*"
    r"|.*\.(?:docx?|dotx?m?|odt|ott|rtf|pdf|tmp|epub|html?|indd|qxd|tex|dvi|xlsx?|pptx?|pub|eps|ai"
    r"|wpd)"
    r"|\S+\.[a-z]\w{1,4}|\S*(?:_|\d{3})\S*"
    r"|\[.*\]",
    re.IGNORECASE,
)


def own_title(stated: str | None) -> str | None:
    """Return `stated` without outer white space; None for what a program filled in by itself.

    That is a name of its own, of a new document, or of a file.

    >>> own_title(" Living with MS "), own_title("Microsoft Word - a.doc"), own_title("Document1")
    ('Living with MS', None, None)
    >>> own_title("COVID-19"), own_title("PIL_2023"), own_title("Microsoft PowerPoint - Falls")
    ('COVID-19', None, None)
    """
    title = " ".join((stated or "").split())
    if not any(character.isalnum() for character in title) or _NO_TITLE.fullmatch(title):
        return None
    return title


def is_title(names: Sequence[str]) -> bool:
    """Tell whether a style, by its names in lower case and those it is based on, is of titles."""
    return "title" in names and "subtitle" not in names
