"""What a file says of its language, as a BCP 47 tag."""

import re

_TAG = re.compile(r"([a-z]{2,3})((?:[-_][a-z0-9]{1,8})*)", re.IGNORECASE)
_NOT_SAID = frozenset({"und", "mul", "mis", "zxx"})
_SCRIPT, _REGION = 4, 2


def language_tag(said: str | None) -> str | None:
    """Return a tag in its usual case; None for what names no language.

    >>> language_tag("EN_gb"), language_tag("zh-hant-TW"), language_tag("x-none")
    ('en-GB', 'zh-Hant-TW', None)
    """
    match = _TAG.fullmatch((said or "").strip())
    if match is None or match[1].lower() in _NOT_SAID:
        return None
    parts = [match[1].lower()]
    for part in re.split("[-_]", match[2])[1:]:
        if len(part) == _SCRIPT and part.isalpha():
            parts.append(part.title())
        else:
            parts.append(part.upper() if len(part) == _REGION else part.lower())
    return "-".join(parts)
