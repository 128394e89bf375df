from datetime import date
from importlib.resources import files

import pytest

from corpus.attributes import ReviewStatus, attributes_of, review_status
from corpus.documents import Attributes, BlockKind
from corpus.readers import MEDIA_TYPES
from corpus.readers.content import Draft
from corpus.reading import document_from_bytes
from tests.corpus.samples import markdown, page


def said(
    *lines: str, language: str | None = None, media_type: str = "text/plain"
) -> tuple[date | None, date | None]:
    """Return the review dates of a text of these lines."""
    draft = Draft()
    for line in lines:
        draft.add(BlockKind.PARAGRAPH, line)
    found = attributes_of(draft.content(None, Attributes(language=language)), media_type)
    return found.last_reviewed, found.next_review_due


@pytest.mark.parametrize(
    ("line", "reviewed", "due"),
    [
        ("Page last reviewed: 22 November 2023", date(2023, 11, 22), None),
        ("Next review due: 22 November 2026", None, date(2026, 11, 22)),
        (
            "Page last reviewed: 1 May 2023 Next review due: 1 May 2026",
            *(date(2023, 5, 1), date(2026, 5, 1)),
        ),
        ("Last reviewed | 12 March 2024", date(2024, 3, 12), None),
        ("Review date: March 2027", None, date(2027, 3, 31)),
        ("Reviewed: May 2024", date(2024, 5, 1), None),
        ("This leaflet was last revised in 03/2024.", date(2024, 3, 1), None),
        ("Made by X. This leaflet was last revised in March 2023.", date(2023, 3, 1), None),
        ("Date of last revision: 05/2023", date(2023, 5, 1), None),
        ("Version 3 | Last reviewed: 1st June 2024", date(2024, 6, 1), None),
        ("Date of issue: May 2023. Review date: May 2026. Ref: NEU/12", None, date(2026, 5, 31)),
    ],
)
def test_lines_that_state_a_review(line: str, reviewed: date | None, due: date | None) -> None:
    """A month stands for its first day when reviewed, for its last when due."""
    assert said(line) == (reviewed, due)


@pytest.mark.parametrize(
    "line",
    [
        "Your dose was last reviewed on 3 May 2022 by your nurse.",
        "Your medicine will be reviewed next in March 2027 by the clinic.",
        "You were last reviewed in March 2024.",
        "Last updated: 4 May 2022",
        "Published: 4 May 2022",
        "This leaflet was last revised in",
        "Last reviewed: 31 February 2024",
        "Last reviewed: 03/04/2024",
        "Next review due: 2027",
        "Review Date: August 12, 2023",
    ],
)
def test_lines_that_state_none(line: str) -> None:
    """Running prose, other events, half dates and days that could be another count for nothing."""
    assert said(line) == (None, None)


def test_a_heading_may_state_what_the_line_below_dates() -> None:
    """The heading "Date of revision of the text" stands above its date in some leaflets."""
    assert said("10. DATE OF REVISION OF THE TEXT", "14 March 2022") == (date(2022, 3, 14), None)


def test_two_different_dates_are_none() -> None:
    """A text that contradicts itself states nothing; one that repeats itself does."""
    assert said("Last reviewed: May 2021", "Last reviewed: May 2024") == (None, None)
    assert said(*["Last reviewed: May 2024"] * 2) == (date(2024, 5, 1), None)


def test_the_declared_language_settles_the_order_of_numbers() -> None:
    """03/04/2024 is April in Britain and March in America."""
    assert said("Last reviewed: 03/04/2024", language="en-GB") == (date(2024, 4, 3), None)
    assert said("Last reviewed: 03/04/2024", language="en-US") == (date(2024, 3, 4), None)


@pytest.mark.parametrize("ending", [".docx", ".odt", ".rtf", ".pdf"])
def test_american_that_a_program_filled_in_settles_nothing(ending: str) -> None:
    """Half of the leaflets of Britain say en-US, because Word does; en-GB is somebody's choice."""
    media_type = MEDIA_TYPES[ending]
    line = "Last reviewed: 03/04/2024"
    assert said(line, language="en-US", media_type=media_type) == (None, None)
    assert said(line, language="en-GB", media_type=media_type) == (date(2024, 4, 3), None)
    due = "Review date: May 2024"  # in America it would be the last
    assert said(due, language="en-US", media_type=media_type) == (None, None)


def test_what_a_page_declares_wins() -> None:
    """Language, <meta> and JSON-LD are believed before the text; modified is not reviewed."""
    found = page(
        '<html lang="en-GB"><head><meta name="dcterms.modified" content="2025-01-01">'
        '<script type="application/ld+json">{"@type": "MedicalWebPage", "lastReviewed": '
        '["2023-03-23T12:00:00+00:00", "2026-03-23T12:00:00+00:00"], '
        '"audience": {"@type": "https://schema.org/Patient"}}</script></head>'
        "<body><p>Rest first.</p><p>Last reviewed: 1 May 2020<br>Next review due: 23 March 2026"
    )
    assert found.attributes == Attributes("en-GB", "patient", date(2023, 3, 23), date(2026, 3, 23))
    assert page('<meta name="last-reviewed" content="2024-05-01"><p>Rest').attributes == Attributes(
        last_reviewed=date(2024, 5, 1)
    )


def test_front_matter_is_believed() -> None:
    """Markdown's fields are typed attributes; what is no date is none."""
    found = markdown(
        "---\nlast_reviewed: 2024-05-01\nreview_due: May 2027\naudience: Patient\nlanguage: en_gb\n"
        "---\nRest first.\n"
    )
    assert found.attributes == Attributes("en-GB", "patient", date(2024, 5, 1), date(2027, 5, 31))
    assert markdown("---\nlast_reviewed: soon\n---\nRest.\n").attributes == Attributes()


def test_the_sample_leaflet_states_its_reviews() -> None:
    """What ships in the package is known to be reviewed, and its language is told by its words."""
    data = (files("corpus") / "sample" / "managing-spasticity.md").read_bytes()
    assert document_from_bytes(data, "a.md", "text/markdown").attributes == Attributes(
        "en", None, date(2026, 3, 9), date(2029, 3, 9)
    )


@pytest.mark.parametrize(
    ("due", "status"),
    [
        (None, ReviewStatus.UNKNOWN),
        (date(2026, 11, 21), ReviewStatus.OVERDUE),
        (date(2026, 11, 22), ReviewStatus.CURRENT),
        (date(2026, 11, 23), ReviewStatus.CURRENT),
    ],
)
def test_a_review_is_overdue_from_the_day_after(due: date | None, status: ReviewStatus) -> None:
    """On its day a review is not overdue yet; without a day nothing is known."""
    assert review_status(Attributes(next_review_due=due), date(2026, 11, 22)) is status
