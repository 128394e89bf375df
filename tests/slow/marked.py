"""A part of a page that a command writes: what stands between two marks of its name."""

from pathlib import Path


def replace_marked(page: Path, name: str, text: str) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- /name -->`; both have to be there."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    assert begin, f"{page}: there is no place for {name}"
    assert end, f"{page}: the place for {name} has no end"
    page.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", encoding="utf-8")
