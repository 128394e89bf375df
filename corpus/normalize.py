"""Canonical text: one spelling for equal text, made before any offset is taken.

Canonical text is Unicode NFC, its lines end in one line feed, and it has neither invisible
characters that split words for a search (soft hyphen, byte order mark) nor control characters.
Visible characters are never changed: a quote from canonical text is a quote from the document.
"""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\ufeff\u2060\u200b]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufff9-\ufffb]")
_LONE_SURROGATES = re.compile("[\ud800-\udfff]")


def canonical(text: str) -> str:
    r"""Return `text` in its canonical spelling; applying it twice changes nothing more.

    >>> canonical("cafe\u0301\r\nspas\u00adticity")
    'café\nspasticity'
    """
    text = _LINE_ENDS.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    text = _CONTROLS.sub(" ", text)
    text = _LONE_SURROGATES.sub("\ufffd", text)
    return unicodedata.normalize("NFC", text)
