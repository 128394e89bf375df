from hypothesis import given
from hypothesis import strategies as st

from corpus.nearest import LEAST, Nearest

WORDS = st.lists(st.sampled_from("take 5 10 mg of baclofen not now daily".split()), max_size=7)


def share(one: list[str], other: list[str]) -> float:
    """Return the share of words in order that two lists have in common, by the textbook."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for at, word in enumerate(one):
        for beside, word_too in enumerate(other):
            table[at + 1][beside + 1] = (
                table[at][beside] + 1
                if word == word_too
                else max(table[at][beside + 1], table[at + 1][beside])
            )
    total = len(one) + len(other)
    return 2 * table[-1][-1] / total if total else 0.0


@given(WORDS, st.lists(WORDS, max_size=6))
def test_the_nearest_is_the_one_with_most_words_in_common(
    words: list[str], others: list[list[str]]
) -> None:
    """The first of those with the largest share; none where the share is below the least."""
    found = Nearest([" ".join(other) for other in others]).to(" ".join(words))
    shares = [share(words, other) for other in others]
    best = max(shares, default=0.0)
    if best < LEAST:
        assert found is None
    else:
        assert found == (shares.index(best), round(best, 4))


def test_white_space_and_quotes_are_no_difference() -> None:
    """1.0 for a sentence that was only set anew."""
    held = Nearest(["Say \N{LEFT DOUBLE QUOTATION MARK}no\N{RIGHT DOUBLE QUOTATION MARK}  twice."])
    assert held.to('Say\n"no" twice.') == (0, 1.0)


def test_nothing_is_like_no_words() -> None:
    """Neither among sentences nor among none."""
    assert Nearest(["One."]).to("  ") is None
    assert Nearest([]).to("One.") is None
