from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.acronyms import Acronym
from index.errors import BuildError, DamagedError
from index.expansion import Expansions, read_synonyms

ACRONYMS = (
    Acronym("MS", "multiple sclerosis"),
    Acronym("ADLs", "activities of daily living"),
    Acronym("MG", "myasthenia gravis"),
    Acronym("WHO", "World Health Organization"),
    Acronym("OT", "occupational therapist"),
    Acronym("OT", "occupational therapy"),
    Acronym("A&E", "Accident and Emergency"),
    Acronym("PD", "Parkinson\u2019s disease"),
    Acronym("PD", "panic disorder"),
)
SYNONYMS = (("physio", "physiotherapy", "physiotherapist"), ("jab", "injection"))
EXPANSIONS = Expansions.of(ACRONYMS, ["Take 10 mg of it."], SYNONYMS)


@pytest.mark.parametrize(
    ("question", "added"),
    [
        ("What is MS?", ("multiple sclerosis",)),
        ("what is ms", ("multiple sclerosis",)),
        ("MS's effects", ("multiple sclerosis",)),
        ("Multiple Sclerosis and work", ("MS",)),
        ("help with ADLs", ("activities of daily living",)),
        ("help with an ADL", ("activities of daily living",)),
        ("see the OT", ("occupational therapist", "occupational therapy")),
        ("nearest a&e", ("Accident and Emergency",)),
        ("is physio free", ("physiotherapy", "physiotherapist")),
        ("3 physio sessions", ("physiotherapy", "physiotherapist")),
        ("Jabs in multiple sclerosis", ("injection", "MS")),
        ("MULTIPLE SCLEROSIS HELP", ("MS",)),
    ],
)
def test_equal_terms_are_added(question: str, added: tuple[str, ...]) -> None:
    """Both ways, in any case of a word, in the order of the words they stand for."""
    assert EXPANSIONS.expand(question) == added


@pytest.mark.parametrize(
    "question",
    ["Ms Smith", "spasms", "symptoms", "physiology", "what is multiple", "who can help", "", "?"],
)
def test_nothing_is_added_for_other_words(question: str) -> None:
    """Parts of words, other capitals and everyday words like acronyms stand for nothing."""
    assert EXPANSIONS.expand(question) == ()


@pytest.mark.parametrize("question", ["10 MG daily", "10mg", "10 mg", "MS-30", "5-MS", "1.5/MG"])
def test_nothing_is_added_inside_numbers_and_units(question: str) -> None:
    """A short word at a number may be its unit: 10 mg is no myasthenia gravis."""
    assert EXPANSIONS.expand(question) == ()


def test_a_word_of_the_documents_is_an_acronym_only_in_capitals() -> None:
    """Where the documents write "mg", only "MG" is myasthenia gravis."""
    assert EXPANSIONS.expand("MG crisis") == ("myasthenia gravis",)
    assert EXPANSIONS.expand("how many mg") == ()
    assert EXPANSIONS.expand("HOW MANY MG OF IT") == ()


def test_an_ambiguous_acronym_is_reported_and_not_expanded() -> None:
    """Neither the short form nor a long one leads to the other (hazard H5)."""
    assert EXPANSIONS.ambiguous == {"PD": ("Parkinson\u2019s disease", "panic disorder")}
    assert EXPANSIONS.expand("what is PD") == ()
    assert EXPANSIONS.expand("living with Parkinson's disease") == ()


def test_the_site_says_what_an_ambiguous_acronym_means() -> None:
    """A short form in the site's own list is no longer ambiguous."""
    one = Expansions.of(ACRONYMS, (), [("PD", "Parkinson's disease")])
    assert one.ambiguous == {}
    assert one.expand("what is PD") == ("Parkinson's disease",)


def test_the_site_overrides_the_documents() -> None:
    """Where the site gives an acronym another meaning, the documents' meaning is not added."""
    one = Expansions.of([Acronym("MS", "multiple sclerosis")], (), [("MS", "mitral stenosis")])
    assert one.expand("what is MS") == ("mitral stenosis",)
    assert one.expand("multiple sclerosis") == ()


def test_an_acronym_joins_the_sites_group() -> None:
    """One group holds all equal terms, so one step finds them all."""
    one = Expansions.of(
        [Acronym("PT", "physiotherapy")], (), [("physio", "physiotherapy", "keep-fit class")]
    )
    assert one.expand("physio") == ("physiotherapy", "keep-fit class", "PT")
    assert one.expand("PT") == ("physio", "physiotherapy", "keep-fit class")


def test_expansions_outlive_a_file() -> None:
    """What is read from their text is what was written, and expands the same."""
    again = Expansions.from_json(EXPANSIONS.to_json())
    assert again == EXPANSIONS
    assert again.expand("what is ms") == ("multiple sclerosis",)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 9}', "null", '{"format": 1}'])
def test_damaged_expansions_are_refused(text: str) -> None:
    """Anything but what was written is a damaged build."""
    with pytest.raises(DamagedError, match="index the documents again"):
        Expansions.from_json(text)


def _file(folder: Path, text: str) -> Path:
    path = folder / "synonyms.txt"
    path.write_bytes(text.encode())
    return path


def test_a_sites_list_is_a_group_a_line(tmp_path: Path) -> None:
    """Commas part the terms; comments, empty lines, spaces and a byte order mark do not count."""
    text = "\ufeff# our words\r\n\r\nphysio ,  physiotherapy # both\r\nwee, pass  urine, Wee\r\n"
    assert read_synonyms(_file(tmp_path, text)) == (
        ("physio", "physiotherapy"),
        ("wee", "pass urine"),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("physio", r"line 1: only one term, \"physio\"; put commas between"),
        ("#\n\na,,b", r"line 3: nothing between two commas; take one comma away"),
        ("a, b,", r"line 1: nothing between two commas"),
        ("jab, shot\nshot, drink", r"line 2: \"shot\" stands in line 1 already; put all"),
        ("1, 2", r"line 1: \"1\" holds no letter"),
        ("physio, " + "x" * 101, r"line 1: .* is longer than 100 characters"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, text: str, says: str) -> None:
    """The message has the file, the line, what is wrong and how to mend it."""
    with pytest.raises(BuildError, match=says) as error:
        read_synonyms(_file(tmp_path, text))
    assert str(tmp_path / "synonyms.txt") in str(error.value)


def test_a_list_that_is_no_text_is_named(tmp_path: Path) -> None:
    """A file of a spreadsheet, and one that is not there, are faults in words."""
    path = tmp_path / "synonyms.txt"
    with pytest.raises(BuildError, match="cannot be read"):
        read_synonyms(path)
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(BuildError, match="save it as plain text in UTF-8"):
        read_synonyms(path)


_WORDS = st.sampled_from(
    "MS ms Ms multiple sclerosis Sclerosis ADLs adl activities of daily living OT A&E a&e PD who "
    "WHO physio Physiotherapy physiotherapist jab jabs injection 10 10mg mg MG MS-30 "
    "\u00bd ? ,".split()
)
_QUESTIONS = st.one_of(st.lists(_WORDS, max_size=12).map(" ".join), st.text(max_size=40))


@given(_QUESTIONS)
def test_what_is_added_does_not_stand_in_the_question(question: str) -> None:
    """No added term, in whatever case, is among the question's own words."""
    words = f" {' '.join(question.lower().split())} "
    for term in EXPANSIONS.expand(question):
        assert f" {term.lower()} " not in words


@given(_QUESTIONS)
def test_an_expanded_question_has_nothing_to_add(question: str) -> None:
    """Adding is done once: with the terms added there is no more to add."""
    added = EXPANSIONS.expand(question)
    if question.upper() != question:  # a question in capitals has no case to read
        assert EXPANSIONS.expand(" ".join([question, ";", *added])) == ()


@given(st.text(alphabet="0123456789 .,-/%", max_size=30))
def test_numbers_add_nothing(question: str) -> None:
    """A question of numbers alone stands for itself."""
    assert EXPANSIONS.expand(question) == ()
