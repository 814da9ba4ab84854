"""The arithmetic of a difference: what happens to each theme, and how alike two sets of voices are."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_cluster.changes.compare import NOWHERE, SAMPLE, Flow, differences, likeness, sample, totals
from feedback_cluster.changes.models import ChangeKind

THEMES = st.integers(min_value=NOWHERE, max_value=6)
FLOWS = st.lists(
    st.builds(Flow, THEMES, THEMES, st.just(False), st.integers(1, 40))
    | st.builds(Flow, st.just(NOWHERE), THEMES, st.just(True), st.integers(1, 40)),
    max_size=24,
)


def kinds(*flows: Flow, born: set[int] | None = None) -> dict[int, tuple[ChangeKind, int | None]]:
    return {draft.theme_id: (draft.kind, draft.other) for draft in differences(flows, born or set())}


def known(old: int, new: int, count: int) -> Flow:
    return Flow(old, new, False, count)


@pytest.mark.parametrize(
    ("flows", "born", "told"),
    [
        ([known(1, 1, 9)], set(), {}),
        ([known(1, 1, 9), Flow(0, 1, True, 2)], set(), {1: (ChangeKind.GREW, None)}),
        ([known(1, 1, 9), known(1, 0, 2)], set(), {1: (ChangeKind.SHRANK, None)}),
        ([known(1, 1, 9), known(0, 2, 30)], {2}, {2: (ChangeKind.BORN, None)}),
        ([known(1, 1, 9), known(1, 2, 8), known(0, 2, 1)], {2},
         {2: (ChangeKind.SPLIT, 1), 1: (ChangeKind.SHRANK, None)}),
        ([known(1, 2, 9), known(2, 2, 3)], set(), {1: (ChangeKind.MERGED, 2), 2: (ChangeKind.GREW, None)}),
        ([known(1, 2, 3), known(1, 0, 6), known(2, 2, 9)], set(),
         {1: (ChangeKind.GONE, None), 2: (ChangeKind.GREW, None)}),
        ([known(1, 2, 3), known(2, 1, 3), known(1, 1, 4), known(2, 2, 4)], set(),
         {1: (ChangeKind.SHIFTED, None), 2: (ChangeKind.SHIFTED, None)}),
    ],
)  # fmt: skip
def test_what_happens_to_a_theme_has_one_name(
    flows: list[Flow], born: set[int], told: dict[int, tuple[ChangeKind, int | None]]
) -> None:
    assert kinds(*flows, born=born) == told


def test_births_and_ends_are_read_first() -> None:
    flows = [known(1, 1, 9), known(1, 4, 30), known(3, 1, 2), known(0, 2, 5), Flow(0, 1, True, 5)]
    assert [draft.kind for draft in differences(flows, {2, 4})] == [
        ChangeKind.BORN, ChangeKind.SPLIT, ChangeKind.MERGED, ChangeKind.SHRANK,
    ]  # fmt: skip


@given(FLOWS)
def test_every_voice_is_counted_exactly_once_on_each_side(flows: list[Flow]) -> None:
    drafts = {draft.theme_id: draft for draft in differences(flows, set())}
    before, after = Counter[int](), Counter[int]()
    for flow in flows:
        after[flow.new] += flow.count
        if not flow.fresh:
            before[flow.old] += flow.count
    for theme_id, draft in drafts.items():
        assert (draft.before, draft.after) == (before[theme_id], after[theme_id])
        assert draft.before - draft.left + draft.joined + draft.fresh == draft.after
        assert sum(count for _, _, count in draft.flows) == draft.moves
    quiet = {theme for theme in {*before, *after} - {NOWHERE} if before[theme] != after[theme]}
    assert quiet <= set(drafts)


@given(FLOWS)
def test_moves_are_the_known_voices_that_leave(flows: list[Flow]) -> None:
    whole, moved = totals(flows)
    assert 0 <= moved <= whole == sum(flow.count for flow in flows if not flow.fresh)
    left = sum(draft.left for draft in differences(flows, set()))
    out_of_nowhere = sum(flow.count for flow in flows if flow.old == NOWHERE != flow.new and not flow.fresh)
    assert moved == left + out_of_nowhere


@given(st.sets(st.integers(1, 500)), st.sets(st.integers(1, 500)))
def test_likeness_is_the_jaccard_index(one: set[int], other: set[int]) -> None:
    exact = len(one & other) / len(one | other) if one | other else 0.0
    assert likeness(sample(one), sample(other)) == pytest.approx(exact)


def test_likeness_of_very_many_is_estimated_from_samples() -> None:
    one, other = range(1, 30_001), range(10_001, 40_001)
    assert len(sample(one)) == SAMPLE
    assert likeness(sample(one), sample(other)) == pytest.approx(0.5, abs=0.04)
