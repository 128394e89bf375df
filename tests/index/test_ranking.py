import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.ranking import (
    BGE_SMALL,
    MINILM,
    PROFILES,
    ROLES,
    Candidates,
    Mode,
    Profile,
    Role,
    Signals,
    profile_of,
)

MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")
EXAMPLE = Signals(
    dense=0.83, dense_paragraph=0.915, lexical=0.5, lexical_paragraph=1.0, role="statement"
)
every_profile = pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)

shares = st.floats(0.0, 1.0)
signals = st.builds(
    Signals,
    dense=st.floats(-1.0, 1.0),
    dense_paragraph=st.floats(-1.0, 1.0),
    lexical=shares,
    lexical_paragraph=shares,
    role=st.sampled_from(["statement", "heading", "question"]),
    rerank=st.none() | shares,
)


@pytest.mark.parametrize(
    ("profile", "mode", "expected"),
    [
        (MINILM, "hybrid", 0.4 * 0.83 + 0.6 * 0.915 + 0.3 * 0.5 + 0.2 * 1.0),
        (MINILM, "dense", 0.4 * 0.83 + 0.6 * 0.915),
        (MINILM, "lexical", 0.3 * 0.5 + 0.2 * 1.0),
        (BGE_SMALL, "hybrid", 0.4 * 0.5 + 0.6 * 0.75 + 0.3 * 0.5 + 0.2 * 1.0),
        (BGE_SMALL, "dense", 0.4 * 0.5 + 0.6 * 0.75),
        (BGE_SMALL, "lexical", 0.3 * 0.5 + 0.2 * 1.0),
    ],
)
def test_a_sum_worked_by_hand(profile: Profile, mode: Mode, expected: float) -> None:
    """A cosine of 0.83 from bge-small is half the way from unrelated (0.66) to equal (1)."""
    assert profile.fused(EXAMPLE, mode) == pytest.approx(expected)


def test_a_judgement_adds_twice_itself() -> None:
    """A passage judged 0.9 gains 1.8 in every mode."""
    judged = replace(EXAMPLE, rerank=0.9)
    for mode in MODES:
        gained = MINILM.fused(judged, mode) - MINILM.fused(EXAMPLE, mode)
        assert gained == pytest.approx(1.8)


def test_headings_and_questions_stay_behind_what_states_something() -> None:
    """A heading loses 0.35, a passage that asks loses 1."""
    losses: tuple[tuple[Role, float], ...] = (("heading", 0.35), ("question", 1.0))
    for role, lost in losses:
        other = replace(EXAMPLE, role=role)
        assert MINILM.fused(EXAMPLE, "hybrid") - MINILM.fused(other, "hybrid") == pytest.approx(
            lost
        )


@every_profile
def test_equal_texts_are_1_and_unrelated_ones_0(profile: Profile) -> None:
    """Whatever cone an encoder keeps its vectors in, the scale's two ends mean the same."""
    assert profile.similarity(1.0) == pytest.approx(1.0)
    assert profile.similarity(profile.unrelated) == 0.0


@every_profile
@given(one=signals, other=signals, way=st.sampled_from(sorted(MINILM.curves)))
def test_scores_are_in_0_to_1_and_order_as_the_sums_do(
    profile: Profile, one: Signals, other: Signals, way: tuple[Mode, bool]
) -> None:
    """For any signals, a greater sum never has the smaller score."""
    mode, reranked = way
    sums = profile.fused(one, mode), profile.fused(other, mode)
    scores = [profile.score(value, mode, reranked=reranked) for value in sums]
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert (sums[0] <= sums[1]) or (scores[0] >= scores[1])


@every_profile
@given(one=signals, mode=st.sampled_from(MODES), judgement=shares)
def test_being_reranked_never_costs_a_place(
    profile: Profile, one: Signals, mode: Mode, judgement: float
) -> None:
    """A judgement only adds."""
    before, after = replace(one, rerank=None), replace(one, rerank=judgement)
    assert profile.fused(after, mode) >= profile.fused(before, mode)


@every_profile
@given(each=st.lists(signals), mode=st.sampled_from(MODES), context=st.booleans())
def test_candidates_in_columns_have_the_sums_of_each_alone(
    profile: Profile, each: list[Signals], mode: Mode, *, context: bool
) -> None:
    """To the last bit, and each comes out of its columns as it went in, but for a judgement."""
    unjudged = [replace(one, rerank=None) for one in each]
    rows = range(7, 7 + 3 * len(unjudged), 3)
    candidates = Candidates(
        np.array(rows, dtype=np.int64),
        np.array([one.dense for one in unjudged], dtype=np.float64),
        np.array([one.dense_paragraph for one in unjudged], dtype=np.float64),
        np.array([one.lexical for one in unjudged], dtype=np.float64),
        np.array([one.lexical_paragraph for one in unjudged], dtype=np.float64),
        np.array([ROLES.index(one.role) for one in unjudged], dtype=np.uint8),
    )
    assert candidates.rows.tolist() == list(rows)
    assert [candidates.signals(at) for at in range(len(unjudged))] == unjudged
    sums = profile.fused_all(candidates, mode, context=context).tolist()
    assert sums == [profile.fused(one, mode, context=context) for one in unjudged]


@every_profile
def test_a_profile_has_a_rising_curve_for_every_way_to_ask(profile: Profile) -> None:
    """Three modes, with and without a reranker; each curve is the logistic one."""
    assert set(profile.curves) == {(mode, reranked) for mode in MODES for reranked in (True, False)}
    for (mode, reranked), (slope, intercept) in profile.curves.items():
        assert slope > 0
        expected = 1 / (1 + math.exp(-(slope * 0.4 + intercept)))
        assert profile.score(0.4, mode, reranked=reranked) == pytest.approx(expected)


def test_a_profile_belongs_to_one_encoder_and_one_that_was_not_measured_has_minilms() -> None:
    """The name decides, with revision and longest input."""
    assert profile_of("all-MiniLM-L6-v2@1110a243/256") is MINILM
    assert profile_of("bge-small-en-v1.5-int8@68807e3f/512") is BGE_SMALL
    assert profile_of("bge-small-en-v1.5-int8@68807e3f/256") is MINILM
    assert profile_of("hashing/64") is MINILM
