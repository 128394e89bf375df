import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import language
from index.errors import DamagedError
from index.spelling import Correction, Speller, Vocabulary, looks_like_a_drug

_CLINIC = Path(__file__).parents[2] / "evaluation" / "clinic"
_HELD = Path(__file__).parents[1] / "users_document" / "questions.jsonl"

TEXT = """
    Spasticity is stiffness of the muscles. Take baclofen tablets with water; it is a medicine.
    Mirabegron may raise your blood pressure. Do not take prednisolone without a doctor's advice.
    You should not drink alcohol. Keep it at room temperature. Every dose counts; doses differ.
    The nurse cannot lift you. Use a hoist or a chain, or a chair. The vaccine is free. Take 5mg.
    The ADLs team visits. Press the button. The bladder scan takes ten minutes. Form a plan from it.
"""
VOCABULARY = Vocabulary.of([TEXT])
SPELLER = Speller(VOCABULARY, acronyms=["ADLs", "PPMS"])


def test_a_vocabulary_counts_words_in_lower_case() -> None:
    """Possessives count as their word; numbers, what holds digits, and short words do not."""
    counts = Vocabulary.of(
        ["The nurse\u2019s bag. NURSE, nurse-led: don't take 5mg of B12 at 10 am."]
    )
    assert counts.counts == {"bag": 1, "led": 1, "nurse": 3, "take": 1, "the": 1}


def test_a_vocabulary_outlives_a_file() -> None:
    """What is read from its text is what was written."""
    assert Vocabulary.from_json(VOCABULARY.to_json()) == VOCABULARY


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": 9, "counts": {}}', '{"format": 1, "counts": {"a": "b"}}']
)
def test_a_damaged_vocabulary_is_refused(text: str) -> None:
    """Anything but what was written is a damaged build."""
    with pytest.raises(DamagedError, match="index the documents again"):
        Vocabulary.from_json(text)


@pytest.mark.parametrize(
    ("question", "corrected"),
    [
        ("blader scan", "bladder scan"),
        ("what is Spasticty?", "what is Spasticity?"),
        ("WHAT IS SPASTICTY?", "WHAT IS SPASTICITY?"),
        ("shoud i lift", "should i lift"),
        ("pressuer", "pressure"),
        ("missed a dosse", "missed a dose"),
        ("blader-scan", "bladder-scan"),
        ("alchohol", "alcohol"),
        ("vacine", "vaccine"),
    ],
)
def test_a_misspelt_word_becomes_the_collections(question: str, corrected: str) -> None:
    """One edit from four letters; case and everything between the words stay as they were."""
    assert SPELLER.correct(question) == Correction(corrected, searchable=True)
    assert SPELLER.suggest(question) == corrected


@pytest.mark.parametrize(
    "question",
    [
        "",
        "bladder scan",
        "tablet",  # a form of a word that is there
        "medicines",
        "fal",  # three letters
        "ladder",  # an edit of the first letter counts twice
        "chai",  # chain or chair
        "frm",
        "take 5mgg or blader12",
        "take 5 dosse",  # may be a unit, after a number
        "bladdr/5",
        "PPMS",
        "adls",
        "BLADR scan",  # capitals in a question that has small letters
        "bladeR",
        "shoud've",
        "weekley units mmol",
    ],
)
def test_what_may_be_right_is_left(question: str) -> None:
    """Known words and their forms, short words, numbers, units, acronyms, and what is undecided."""
    assert SPELLER.suggest(question) is None


def test_without_words_nothing_is_suggested() -> None:
    """An empty collection has a vocabulary too."""
    assert Speller(Vocabulary.of([])).suggest("blader scan") is None


def test_two_edits_are_allowed_from_eight_letters_and_only_shown() -> None:
    """A word two edits away is a suggestion, and nothing to search with unasked."""
    assert SPELLER.correct("tempreture") == Correction("temperature", searchable=False)
    assert SPELLER.suggest("blaader") == "bladder"
    assert SPELLER.suggest("blaaderr") == "bladder"
    assert SPELLER.suggest("preshur") is None


def test_a_drugs_name_is_only_suggested() -> None:
    """A correction to the one drug it can be is shown, and nothing to search with (hazard H6)."""
    assert SPELLER.correct("baclofin with water") == Correction("baclofen with water", False)
    assert SPELLER.correct("mirabegran") == Correction("mirabegron", searchable=False)


@pytest.mark.parametrize("name", ["prednisone", "mirabegrone", "baclophine", "bupropion"])
def test_a_name_like_a_drugs_never_becomes_another(name: str) -> None:
    """Prednisone is not prednisolone: what ends as drugs do stays as it is (hazard H6)."""
    assert SPELLER.correct(f"{name} tablets") is None


def test_between_two_drugs_nothing_is_suggested() -> None:
    """Where a second word is within reach of a misspelt drug, neither is shown."""
    speller = Speller(Vocabulary.of(["hydroxyzine hydralazine clonazepam clonazapam lorazepam"]))
    assert speller.suggest("clonazapem") is None
    assert speller.suggest("hydroxizin") == "hydroxyzine"


def test_a_drug_within_reach_is_not_searched_for_another_word() -> None:
    """A nearer everyday word may be shown, but the drug may be what was meant."""
    speller = Speller(
        Vocabulary.of(["the coding is done"]), drugs=["codeine"], language={"codeine"}
    )
    assert speller.suggest("codine") is None
    assert speller.suggest("codeine") is None


def test_a_site_names_drugs_of_its_own() -> None:
    """A name without a known ending is a drug once the site says so."""
    vocabulary = Vocabulary.of(["Senokot helps."])
    assert Speller(vocabulary).correct("senokut") == Correction("senokot", searchable=True)
    assert Speller(vocabulary, drugs=["Senokot"]).correct("senokut") == Correction(
        "senokot", searchable=False
    )


@pytest.mark.parametrize(
    "name",
    "baclofen diazepam ramipril losartan simvastatin ocrelizumab tizanidine paracetamol gabapentin "
    "pregabalin mirabegron solifenacin oxybutynin fingolimod citalopram warfarin insulin aspirin "
    "amoxicillin omeprazole aciclovir furosemide metformin apixaban sumatriptan lactulose".split(),
)
def test_names_of_drugs_are_known_by_their_endings(name: str) -> None:
    """The stems of international names cover the medicines of a clinic's leaflets."""
    assert looks_like_a_drug(name)


@pytest.mark.parametrize(
    "word",
    "urine spine vaccine medicines bladder alcohol school stool phone bone outside join".split(),
)
def test_everyday_words_are_no_drugs(word: str) -> None:
    """Ordinary words with such an ending are listed."""
    assert not looks_like_a_drug(word)


def test_a_word_of_the_language_is_left() -> None:
    """What is spelt rightly is not changed because no document holds it."""
    vocabulary = Vocabulary.of(["Tell us about the pull and the message."])
    assert Speller(vocabulary).suggest("a pill") == "a pull"
    assert Speller(vocabulary, language={"pill"}).suggest("a pill") is None


def test_a_nearer_word_of_the_language_is_meant() -> None:
    """A misspelling nearer to a word that no document holds is not made into another."""
    vocabulary = Vocabulary.of(["Send us a message."])
    assert Speller(vocabulary).suggest("massarge") == "message"
    assert Speller(vocabulary, language={"massage"}).suggest("massarge") is None


def test_english_is_known() -> None:
    """Some eighty thousand words come with what is installed, plurals among them."""
    words = language.words()
    assert len(words) > 80_000
    assert {"pill", "swim", "suddenly", "cramps", "jabs"} <= words
    assert all(word == word.lower() for word in words)


# What a reader says each typo question means, as far as the leaflets have the words.
_MEANT = {
    "q010": "can a urine infection make stiffness worse?",
    "q017": "which treatment do you try first for spasticity",
    "q029": "is there a liquid baclofen",
    "q031": "missed a dose of baclofen what should i do",
    "q040": "baclofen and alcohol",
    "q046": "storing baclofen temperature",
    "q055": "should stretching be painful",
    "q060": "how do i open a clenched fist",
    "q073": "should i go to the toilet before bladder scan",
    "q081": "mirabegron blood pressure check",
    "q089": "cant pass any water and my tummy hurts",
    "q101": "blurry vision when hot",
    "q107": "can my wife come to the fatigue course",
    "q117": "can i have flu and covid vaccine together",
    "q124": "egg allergy flu jab",
    "q133": "baclofen pump and mri scanner",
    "q140": "claustrophobia scan help",
    "q155": "botulinum toxin myasthenia",
    "q160": "can i massage the injection site",
    "q173": "should carers lift me after a fall",
    "q176": "broken hip signs",
    "q182": "how do i cancel my appointment",
    "q192": "can i borrow a wheelchair",
    "q200": "how do i get to the hospital if i cant drive or get the bus",
}


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def clinic() -> Speller:
    """Return a speller of the clinic benchmark's vocabulary beside the packaged words."""
    documents = _lines(_CLINIC / "documents.jsonl")
    texts = [f"{one['title']}\n{one['text']}" for one in documents]
    return Speller(Vocabulary.of(texts), language=language.words())


def test_the_clinics_typos_word_by_word(clinic: Speller) -> None:
    """Of 47 misspelt words 34 become right, one wrong, 12 stay; no right word is touched."""
    right: list[str] = []
    wrong: list[str] = []
    left: list[str] = []
    for one in _lines(_CLINIC / "questions.jsonl"):
        if one["kind"] == "typo":
            asked = one["question"].split()
            got = (clinic.suggest(one["question"]) or one["question"]).split()
            for typed, given, meant in zip(asked, got, _MEANT[one["id"]].split(), strict=True):
                if typed != meant:
                    (right if given == meant else left if given == typed else wrong).append(typed)
                else:
                    assert given == typed
    assert wrong == ["blury"]  # the leaflets have "blurs", and nothing nearer
    assert (len(right), len(left)) == (34, 12)


def test_questions_without_a_typo_are_left(clinic: Speller) -> None:
    """Of the 330 other questions none gets a suggestion; of 75 to another document one, rightly."""
    others = [one for one in _lines(_CLINIC / "questions.jsonl") if one["kind"] != "typo"]
    suggested = [found for one in others if (found := clinic.suggest(one["question"]))]
    assert suggested == []
    held = [found for one in _lines(_HELD) if (found := clinic.suggest(one["question"]))]
    assert held == ["what helps with painful spasms at nite"]


_TYPED = st.one_of(
    st.sampled_from(
        "blader spasticty spasticity baclofin 5mg 5 mgs dosse covid-19 B12 PPMS adls shoud've "
        "Alchohol prednisone tempreture mirabegran ALCHOHOL \u00bd \u00b2 \u00df\u00dfen".split()
    ),
    st.text(alphabet="abdelors5 '-/.\u2019", max_size=12),
    st.text(max_size=12),
)
_QUESTIONS = st.lists(_TYPED, max_size=8).map(" ".join)


@given(_QUESTIONS)
def test_no_token_with_a_digit_changes(question: str) -> None:
    """Whatever is corrected, all that holds a number stays, in its order."""
    corrected = SPELLER.suggest(question) or question
    asked, got = (
        [one for one in text.split() if re.search(r"\d", one)] for text in (question, corrected)
    )
    assert got == asked


@given(_QUESTIONS)
def test_what_is_suggested_is_in_the_vocabulary(question: str) -> None:
    """Every word of a suggestion that was not typed is one of the collection's."""
    typed = set(re.findall(r"[^\W_]+", question))
    for word in re.findall(r"[^\W_]+", SPELLER.suggest(question) or ""):
        assert word in typed or word.lower() in VOCABULARY.counts


@given(_QUESTIONS)
def test_a_corrected_question_is_right(question: str) -> None:
    """Correcting twice corrects nothing more."""
    once = SPELLER.suggest(question)
    assert once is None or SPELLER.suggest(once) is None


@given(_QUESTIONS)
def test_what_stands_between_words_stays(question: str) -> None:
    """Only words are replaced: marks, spaces and their order are the question's own."""
    corrected = SPELLER.suggest(question) or question
    between = re.compile(r"[^\W\d_]+")
    assert between.sub("", corrected) == between.sub("", question)
