import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.acronyms import Acronym, acronyms, glossary, singular
from tests.corpus.samples import page, plain


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the short and long forms that a plain text defines."""
    return [(one.short, one.long) for one in acronyms(plain(text))]


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("People with multiple sclerosis (MS) may tire.", "MS", "multiple sclerosis"),
        ("MS (multiple sclerosis) is common.", "MS", "multiple sclerosis"),
        ("He has amyotrophic lateral sclerosis (ALS).", "ALS", "amyotrophic lateral sclerosis"),
        ("Take disease-modifying therapies (DMTs).", "DMTs", "disease-modifying therapies"),
        ("Your activities of daily living (ADLs) count.", "ADLs", "activities of daily living"),
        ("Ear, nose and throat (ENT) clinic.", "ENT", "Ear, nose and throat"),
        ("Go to Accident and Emergency (A&E).", "A&E", "Accident and Emergency"),
        ("A test called electromyography (EMG).", "EMG", "electromyography"),
        ("We inject botulinum toxin (BoNT).", "BoNT", "botulinum toxin"),
        ("Ask an OT (an occupational therapist, who visits).", "OT", "occupational therapist"),
        ("Narrowing, or mitral stenosis (MS, a valve).", "MS", "mitral stenosis"),
        ("A urinary tract infection (\u201cUTI\u201d) hurts.", "UTI", "urinary tract infection"),
        ("Magnetic\nresonance imaging (MRI) is safe.", "MRI", "Magnetic resonance imaging"),
    ],
)
def test_a_definition_is_found(text: str, short: str, long: str) -> None:
    """The short and the long form are as the document writes them, whichever comes first."""
    assert pairs(text) == [(short, long)]


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("It may be multiple myeloma (MM).", "multiple myeloma"),
        ("It is for spasms and stiffness (SS).", "spasms and stiffness"),
    ],
)
def test_the_beginnings_of_words_come_first(text: str, long: str) -> None:
    """Where letters begin words, the long form does not stop at the first that would do."""
    assert pairs(text)[0][1] == long


@pytest.mark.parametrize(
    "text",
    [
        "Come on the day (Monday).",
        "Take tablets (see below).",
        "Take 10 tablets (10).",
        "Baclofen (Lioresal) loosens muscles.",
        "It loosens tight muscles (MS).",
        "There are four stages (IV).",
        "This is MS (MS).",
        "Multiple scans. (MS)",
        "(MS)",
        "Nothing ().",
    ],
)
def test_other_brackets_define_nothing(text: str) -> None:
    """A word in brackets is an acronym only where the words before it have its letters."""
    assert pairs(text) == []


def test_definitions_keep_their_order_and_come_once() -> None:
    """A document that defines an acronym twice gives it once, where it stands first."""
    text = (
        "The general practitioner (GP) treats multiple sclerosis (MS). General practitioner (GP)."
    )
    assert pairs(text) == [
        ("GP", "general practitioner"),
        ("MS", "multiple sclerosis"),
        ("GP", "General practitioner"),
    ]
    assert pairs("Multiple sclerosis (MS).\n\nMultiple sclerosis (MS).") == [
        ("MS", "Multiple sclerosis")
    ]


def test_a_definition_does_not_cross_blocks() -> None:
    """What ends a heading is no long form for brackets that begin the paragraph below."""
    assert acronyms(page("<h1>Multiple sclerosis</h1><p>(MS) is common.</p>")) == ()


def test_a_short_form_with_two_meanings_is_ambiguous() -> None:
    """MS as multiple sclerosis and as mitral stenosis is reported with both (hazard H5)."""
    found = glossary(
        [
            Acronym("MS", "multiple sclerosis"),
            Acronym("GP", "general practitioner"),
            Acronym("MS", "mitral stenosis"),
        ]
    )
    assert found.agreed == (Acronym("GP", "general practitioner"),)
    assert found.ambiguous == {"MS": ("multiple sclerosis", "mitral stenosis")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("multiple sclerosis", "Multiple Sclerosis"),
        ("occupational therapist", "occupational therapy"),
        ("disease-modifying therapy", "disease modifying therapies"),
    ],
)
def test_forms_of_the_same_words_are_one_meaning(one: str, other: str) -> None:
    """Case, hyphens and endings make no second meaning."""
    found = glossary([Acronym("XY", one), Acronym("XYs", other)])
    assert not found.ambiguous
    assert len(found.agreed) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hyperthyroidism", "hyperparathyroidism"),
        ("intramuscular", "intravenous"),
        ("disease-modifying drug", "disease-modifying therapy"),
    ],
)
def test_words_that_only_begin_alike_are_two_meanings(one: str, other: str) -> None:
    """A shared beginning shorter than three fifths of a word joins nothing."""
    assert glossary([Acronym("XY", one), Acronym("XY", other)]).ambiguous


def test_a_plural_of_a_short_form_loses_only_its_s() -> None:
    """A capital S belongs to the short form, as do digits and a single letter."""
    assert [singular(one) for one in ("DMTs", "MS", "Bs", "s", "pH")] == [
        "DMT",
        "MS",
        "Bs",
        "s",
        "pH",
    ]


@given(st.text(alphabet="msaMSA (),.;-&1\u201c\u2019\n", max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    """Whatever stands in brackets, both forms of a definition stand in the text."""
    document = plain(text + " x.")
    flat = " ".join(document.text.split())
    for one in acronyms(document):
        assert one.short in flat
        assert one.long in flat
        assert len(one.long) > len(one.short)
