"""Language tags: what a file declares, in the one form that is compared and shown."""

import re

_TAG = re.compile(r"([a-zA-Z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[-_].*)?")


def tag(declared: str) -> str | None:
    """Return a declared language as a BCP 47 tag in its usual case; None for what is no tag.

    >>> tag("en_gb"), tag("ZH-hant"), tag("English"), tag("")
    ('en-GB', 'zh-Hant', None, None)
    """
    match = _TAG.fullmatch(declared.strip())
    if not match or match[1].lower() in {"und", "mul", "zxx"}:
        return None
    language, script, region = match.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)
