"""What the docs and the theme page say of the judge's accuracy, measured anew where the real opinions are."""

import pytest

from feedback_cluster.sentiment.judge import MEASURED, polarity, stance
from feedback_cluster.sentiment.measure import agreement, macro_f1, read_complaints, read_opinions
from tests.realdata import COMPLAINTS, OPINIONS


@pytest.mark.realdata
def test_the_measured_accuracy_is_the_one_that_is_shown() -> None:
    rows = [row for row in read_opinions(OPINIONS) if row.id % 2]
    told = agreement(rows, polarity, stance)
    assert len(rows) == told.posts == 2_636
    assert abs(100 * told.accuracy - MEASURED["three"]) < 1
    assert abs(100 * told.polar_accuracy - MEASURED["polar"]) < 1
    assert told.macro_f1 > 0.49
    assert told.polar_decided > 0.85


@pytest.mark.realdata
def test_complaints_are_heard_as_such() -> None:
    said = [stance(polarity(text)) for text in read_complaints(COMPLAINTS)]
    assert len(said) == 5_550
    assert said.count(-1) / len(said) > 0.9
    assert said.count(1) / len(said) < 0.005


def test_macro_f1_is_the_mean_over_classes() -> None:
    assert macro_f1([1, 1, -1, 0], [1, 0, -1, 0], (-1, 0, 1)) == pytest.approx((1 + 2 / 3 + 2 / 3) / 3)
    assert macro_f1([1], [1], (-1, 1)) == 0.5
