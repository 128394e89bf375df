import pytest

from corpus.dedup import exact_key, near_key, passages
from corpus.sentences import sentences
from tests.corpus.samples import markdown, plain

EXACT = [
    ("Don\u2019t stop.", "Don't  stop."),
    ("It lasts 3\u20136 hours.", "It lasts 3-6\nhours."),
    ("\u201cRest,\u201d she said.", '"Rest," she said.'),
    ("Store at \u22125 \u00b0C.", "Store at -5\u00a0\u00b0C."),
]

NEAR = [
    ("Do not drive.", "Don't drive."),
    ("You cannot drive.", "You can't drive."),
    ("You will not drive.", "You won't drive."),
    ("It is safe.", "It's safe."),
    ("Night-time spasms can wake you.", "Nighttime spasms can wake you."),
    ("Specialised seating helps.", "Specialized seating helps."),
    ("The tumour, and the oedema, shrank.", "The tumor and the edema shrank."),
    ("Take the tablet with water.", "Take tablet with water"),
    ("Rest first!", "rest first."),
    ("Rest (lie down).", "Rest: lie down."),
    ("Take 5 mg daily.", "Take 5mg daily"),
    ("Warnings and Precautions", "Warnings and precautions"),
    ("Take tablets, capsules, and drops.", "Take tablets, capsules and drops."),
    ("Haemoglobin is low in anaemia.", "Hemoglobin is low in anemia."),
]

NEVER = {
    "numbers": [
        ("Take 5 mg.", "Take 10 mg."),
        ("Take 1.5 mg.", "Take 15 mg."),
        ("Take .5 mg.", "Take 5 mg."),
        ("Take 0.5 mg.", "Take 0.05 mg."),
        ("Take 1,000 units.", "Take 1.000 units."),
        ("Take 1, 10 or 20.", "Take 1 10 or 20."),
        ("The ratio is 1 : 10.", "The ratio is 1 10."),
        ("Take ½ a tablet.", "Take 1 a tablet."),
        ("Take one tablet.", "Take two tablets."),
        ("Once a day.", "Twice a day."),
        ("It rose by 5%.", "It rose by 5."),
        ("Bed 12.", "Bed 21."),
        ("Take 12 tablets.", "Take 1 2 tablets."),
    ],
    "units": [
        ("Take 5 mg.", "Take 5 mcg."),
        ("Take 5 mg.", "Take 5 μg."),
        ("Take 5 mg.", "Take 5 g."),
        ("Take 5 ml.", "Take 5 l."),
        ("Take 5 mg/kg.", "Take 5 mg kg."),
        ("Keep at 40 °C.", "Keep at 40 °F."),
        ("It is 5 mM.", "It is 5 mm."),
        ("The cut is 5' long.", 'The cut is 5" long.'),
        ("The cut is 5\u2032 long.", "The cut is 5\u2033 long."),
        ("The wait is 5 min.", "The wait is 5 h."),
        ("The bill is $5.", "The bill is £5."),
    ],
    "negation": [
        ("Do take it.", "Do not take it."),
        ("You can drive.", "You can't drive."),
        ("You can drive.", "You cannot drive."),
        ("No, tablets are safe.", "No tablets are safe."),
        ("Not, however, at night.", "Not however at night."),
        ("It is safe with food.", "It is safe without food."),
        ("It is common.", "It is uncommon."),
        ("It never helps.", "It ever helps."),
        ("Neither helps.", "Either helps."),
        ("It isn't safe.", "It is safe."),
    ],
    "drug names": [
        ("Take hydroxyzine.", "Take hydralazine."),
        ("Take chlorpromazine.", "Take chlorpropamide."),
        ("Take prednisone.", "Take prednisolone."),
        ("Take celecoxib.", "Take Celexa."),
        ("Take vinblastine.", "Take vincristine."),
        ("Take tramadol.", "Take trazodone."),
        ("Take insulin.", "Take inulin."),
        ("Take clonidine.", "Take clonazepam."),
    ],
    "sides": [
        ("Bend your left knee.", "Bend your right knee."),
        ("The upper arm hurts.", "The lower arm hurts."),
        ("Use the L eye.", "Use the R eye."),
        ("The medial side.", "The lateral side."),
    ],
    "comparison": [
        ("If it is < 5, call.", "If it is > 5, call."),
        ("If it is ≤5, call.", "If it is <5, call."),
        ("If it is >=5, call.", "If it is >5, call."),
        ("It was ±5.", "It was +5."),
        ("It was -5.", "It was 5."),
        ("It takes ~5 days.", "It takes 5 days."),
        ("More than before.", "Less than before."),
        ("Take it before meals.", "Take it after meals."),
        ("At least 5.", "At most 5."),
        ("The dose is raised.", "The dose is reduced."),
    ],
    "ranges and dates": [
        ("It lasts 3-6 hours.", "It lasts 36 hours."),
        ("It lasts 3-6 hours.", "It lasts 3-8 hours."),
        ("It lasts 3 to 6 hours.", "It lasts 3 or 6 hours."),
        ("Seen on 01/02/2026.", "Seen on 02/01/2026."),
        ("Seen on 1 May.", "Seen on 1 June."),
        ("Come on Monday.", "Come on Tuesday."),
    ],
    "letters that carry the meaning": [
        ("Diabetes type I.", "Diabetes type II."),
        ("Diabetes type 1.", "Diabetes type 2."),
        ("Factor VIII is low.", "Factor VII is low."),
        ("Use an \u03b1-blocker.", "Use a \u03b2-blocker."),
        ("Use an \u03b1-blocker.", "Use an a-blocker."),
        ("It has 10⁶ cells.", "It has 106 cells."),
        ("It is 5 m².", "It is 5 m."),
        ("Take vitamin A.", "Take vitamin."),
        ("Take vitamin A.", "Take vitamin D."),
        ("Hepatitis B is rare.", "Hepatitis C is rare."),
        ("Her group is A+.", "Her group is A-."),
        ("Her group is A.", "Her group is AB."),
        ("K is low.", "k is low."),
        ("The pH is low.", "The ph is low."),
        ("US staff may come.", "Us staff may come."),
        ("Ask IT for help.", "Ask it for help."),
        ("The WHO knows.", "The who knows."),
        ("AIDS can help.", "Aids can help."),
        ("Re-cover the wound.", "Recover the wound."),
        ("We'll be there.", "Well be there."),
        ("We're there.", "Were there."),
        ("B12 is low.", "B6 is low."),
    ],
    "how often and when": [
        ("Take it o.d.", "Take it b.d."),
        ("Take it b.d.", "Take it t.d.s."),
        ("Come at 9 a.m.", "Come at 9 p.m."),
        ("Take it in the morning.", "Take it in the evening."),
        ("Take it i.v.", "Take it i.m."),
    ],
    "questions": [
        ("You can drive.", "You can drive?"),
        ("Is it safe?", "It is safe."),
    ],
}
PAIRS = [
    pytest.param(*pair, id=f"{kind}: {' / '.join(pair)}") for kind in NEVER for pair in NEVER[kind]
]


@pytest.mark.parametrize(("one", "other"), EXACT)
def test_white_space_and_the_shape_of_marks_are_no_difference(one: str, other: str) -> None:
    """Exact duplicates share both keys."""
    assert exact_key(one) == exact_key(other)
    assert near_key(one) == near_key(other)


@pytest.mark.parametrize(("one", "other"), NEAR)
def test_near_duplicates_share_a_key(one: str, other: str) -> None:
    """What changes no meaning is no part of the near key, and is part of the exact one."""
    assert near_key(one) == near_key(other)
    assert exact_key(one) != exact_key(other)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_these_are_never_merged(one: str, other: str) -> None:
    """One number, unit, negation, name or side apart is another statement."""
    assert near_key(one) != near_key(other)


def test_every_place_of_a_passage_is_kept() -> None:
    """A sentence that stands three times is one passage with three places, the first leading."""
    first = plain("Rest first. Do not drive.", "a.txt")
    second = plain("Don't drive. Rest  first.", "b.txt")
    found = [*sentences(first), *sentences(second)]
    rest, drive = passages({first.document_id: first, second.document_id: second}, found)
    assert (rest.text, [place.sentence for place in rest.places]) == (
        "Rest first.",
        [found[0], found[3]],
    )
    assert [(place.kind, place.similarity) for place in rest.places] == [("exact", 1.0)] * 2
    assert (drive.text, [place.sentence for place in drive.places]) == ("Do not drive.", found[1:3])
    assert [place.kind for place in drive.places] == ["exact", "near"]
    assert 0 < drive.places[1].similarity < 1


def test_a_heading_is_merged_with_headings_only() -> None:
    """A heading names what a sentence would state."""
    document = markdown("# Rest\n\nRest\n\n# Rest\n")
    merged = passages({document.document_id: document}, sentences(document))
    assert [len(one.places) for one in merged] == [2, 1]
    assert merged[0].passage_id != merged[1].passage_id


def test_a_passages_id_depends_on_what_it_says() -> None:
    """The same sentence in other company, or spelled nearly so, has the same id."""
    alone, among = plain("Do not drive.", "a.txt"), plain("Rest first. Don't drive!", "b.txt")
    (one,) = passages({alone.document_id: alone}, sentences(alone))
    _, other = passages({among.document_id: among}, sentences(among))
    assert one.passage_id == other.passage_id


def test_the_users_doses_stand_apart() -> None:
    """Steps of a list that differ in one digit are as many passages as there are steps."""
    text = "".join(f"- A typical dose in week {week} is {week * 5} mg.\n" for week in range(1, 9))
    document = markdown(text)
    assert len(passages({document.document_id: document}, sentences(document))) == 8
