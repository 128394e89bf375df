"""What a file says of its language, as a BCP 47 tag of language, script and region."""

import re

_TAG = re.compile(
    r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|\d{3}))?(?:[-_][a-z0-9]{1,8})*",
    re.IGNORECASE | re.ASCII,
)
_NOT_SAID = frozenset({"und", "mul", "mis", "zxx"})


def language_tag(said: str | None) -> str | None:
    """Return a tag in its usual case, without variants; None for what names no language.

    >>> language_tag("EN_gb"), language_tag("zh-hant-TW"), language_tag("ca-ES-valencia")
    ('en-GB', 'zh-Hant-TW', 'ca-ES')
    >>> language_tag("x-none"), language_tag("English"), language_tag("")
    (None, None, None)
    """
    match = _TAG.fullmatch((said or "").strip())
    if match is None or match[1].lower() in _NOT_SAID:
        return None
    language, script, region = match.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)
