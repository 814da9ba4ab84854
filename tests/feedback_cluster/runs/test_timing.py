"""How long a run may still take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback_cluster.runs.timing import USUAL, seconds_left, steps_like

STEPS = list(USUAL)


@given(st.sampled_from(STEPS), st.integers(0, 100), st.floats(3, 900))
def test_the_end_comes_nearer_with_every_post_and_every_step(step: str, done: int, passed: float) -> None:
    now = seconds_left(step, done, 100, passed, None)
    further = seconds_left(step, min(done + 5, 100), 100, passed, None)
    last = seconds_left("store", 100, 100, passed, None)
    assert last == pytest.approx(0, abs=1e-6)
    if now is not None:
        assert further is not None
        assert now >= further >= 0


def test_half_of_the_work_leaves_as_much_time_as_has_passed() -> None:
    stages = dict.fromkeys(USUAL, 1.0)
    middle = STEPS[len(STEPS) // 2]
    assert seconds_left(middle, 50, 100, 20.0, stages) == pytest.approx(20.0)


def test_a_slow_machine_is_believed_as_soon_as_it_shows() -> None:
    quick, slow = (seconds_left("cluster", 1, 2, passed, None) for passed in (10.0, 30.0))
    assert quick is not None
    assert slow == pytest.approx(3 * quick)


def test_the_last_run_says_which_step_is_long() -> None:
    naming_is_long = {"read": 0.1, "segment": 1.0, "features": 1.0, "cluster": 1.0, "label": 60.0, "write": 0.1}
    usual, told = (seconds_left("cluster", 0, 1, 5.0, last) for last in (None, naming_is_long))
    assert usual is not None
    assert told is not None
    assert told > 3 * usual
    assert steps_like({"unheard": 3.0}) == USUAL


@pytest.mark.parametrize("told", [("export", 0, 0, 9.0), ("start", 0, 1, 1.0), ("unheard", 1, 2, 50.0)])
def test_what_nobody_can_tell_is_not_told(told: tuple[str, int, int, float]) -> None:
    assert seconds_left(*told, None) is None
