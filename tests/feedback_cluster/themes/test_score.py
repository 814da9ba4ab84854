"""The score: nine terms, each within its points, each moved by what it is about and by nothing else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from feedback_cluster.themes import score, stats
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.queries import get_theme
from feedback_cluster.themes.score import DEFAULT_POINTS, Evidence, Weights

MakeTheme = Callable[..., Theme]
counts = st.integers(0, 100_000)
evidences = st.builds(
    lambda voices, urgent, negative, again, segments, **more: Evidence(
        voices=voices, speakers=voices, urgent=min(urgent, voices), negative=min(negative, voices),
        again=min(again, voices), segments=segments, **more,
    ),
    voices=counts, urgent=counts, negative=counts, again=counts, cars=counts, people=counts,
    segments=st.lists(st.tuples(st.sampled_from(["", "云麓", "晴川"]), st.booleans(), st.integers(1, 500)), max_size=5),
    danger_speakers=counts, trend=st.floats(-1, 1), waiting_days=st.floats(0, 10_000),
    effort=st.sampled_from(["", *score.SIZES]),
)  # fmt: skip
weightings = st.builds(
    Weights,
    points=st.fixed_dictionaries({term: st.floats(0, 100) for term in DEFAULT_POINTS}).filter(
        lambda points: sum(points.values()) > 0.1
    ),
    models=st.dictionaries(st.sampled_from(["云麓", "晴川"]), st.floats(0, 5)),
    verified=st.floats(0, 5),
)
SOME = Evidence(
    cars=5, people=20, voices=10, speakers=10, urgent=1, negative=3, neutral=6, positive=1, again=1,
    segments=[["云麓", True, 4], ["", False, 6]], danger_speakers=1, dangers={"失速": 1}, trend=0.2, waiting_days=6,
    effort="L",
)  # fmt: skip
MORE: dict[str, dict[str, Any]] = {
    "cars": {"cars": 9},
    "people": {"people": 90},
    "need": {"urgent": 2},
    "segments": {"segments": [["云麓", True, 10]]},
    "trend": {"trend": 0.4},
    "safety": {"danger_speakers": 4},
    "waiting": {"waiting_days": 20},
    "effort": {"effort": "S"},
}


@given(evidences, weightings)
def test_a_score_is_the_sum_of_parts_within_their_points(evidence: Evidence, weights: Weights) -> None:
    points, full = score.parts(evidence, weights), weights.full_points()
    assert list(points) == list(full) == list(score.TERM_LABELS) == list(DEFAULT_POINTS)
    assert all(0 <= points[term] <= full[term] + 0.05 for term in points)
    assert sum(full.values()) == pytest.approx(100)
    assert 0 <= score.total(points) <= 100
    assert score.total(points) == pytest.approx(sum(points.values()), abs=0.5)


@pytest.mark.parametrize("term", list(MORE))
def test_each_term_is_moved_by_what_it_is_about(term: str) -> None:
    before = score.fractions(SOME, Weights())
    after = score.fractions(Evidence.from_json(SOME.as_json() | MORE[term]), Weights())
    assert after.pop(term) > before.pop(term)
    assert after == before


@given(counts, counts)
def test_more_people_never_lower_the_score(fewer: int, more: int) -> None:
    low, high = sorted((fewer, more))
    told = [
        score.total(score.parts(Evidence.from_json(SOME.as_json() | {"people": n}), Weights())) for n in (low, high)
    ]
    assert told[0] <= told[1]


@given(evidences, weightings, st.floats(0.1, 5))
def test_only_the_proportions_of_the_weights_count(evidence: Evidence, weights: Weights, factor: float) -> None:
    twice = Weights(
        {term: points * factor for term, points in weights.points.items()}, weights.models, weights.verified
    )
    assert score.parts(evidence, twice) == pytest.approx(score.parts(evidence, weights), abs=0.11)


@given(evidences, weightings)
def test_evidence_and_weights_are_kept_as_they_are(evidence: Evidence, weights: Weights) -> None:
    kept, again = Evidence.from_json(evidence.as_json()), Weights.from_json(weights.as_json())
    assert score.parts(kept, again) == score.parts(evidence, weights)
    assert again == weights


def test_a_newer_term_has_its_default_weight_in_old_weights() -> None:
    old = Weights().as_json()
    del old["points"]["effort"]
    old["points"]["gone"] = 50
    assert Weights.from_json(old) == Weights()


def test_a_theme_that_nobody_sized_counts_as_medium() -> None:
    sizes = [
        score.fractions(Evidence(voices=1, effort=size), Weights())["effort"] for size in ("XL", "L", "M", "S", "XS")
    ]
    assert sizes == sorted(sizes)
    assert score.fractions(Evidence(voices=1), Weights())["effort"] == sizes[2]


def test_evidence_is_counted_from_the_voices(
    session: Session, runtime: Runtime, make_theme: MakeTheme, make_voices: Any, make_member: Any, make_vehicle: Any
) -> None:
    zhou, li = make_member("老周"), make_member("小李")
    sure, unsure = make_vehicle(zhou, "云麓", verified=True), make_vehicle(li, "晴川")
    posts = make_voices(
        ["高速上突然失速，必须召回", "又失速了，太吓人，气死"], author_id=zhou.id, vehicle_id=sure.id, model="云麓",
        created_at=clock.now() - timedelta(days=12),
    )  # fmt: skip
    posts += make_voices(["空间很大，非常满意"], author_id=li.id, vehicle_id=unsure.id, model="晴川")
    posts += make_voices(["从来没有失速过"], author_label=None)
    theme = get_theme(session, make_theme("失速", posts=posts).id or 0)
    told = Evidence.from_json(theme.evidence)
    assert (told.cars, told.people, told.voices, told.speakers, told.again) == (1, 2, 4, 3, 1)
    assert (told.urgent, told.danger_speakers, dict(told.dangers)) == (1, 1, {"失速": 1})
    assert (told.negative, told.neutral, told.positive) == (2, 1, 1)
    assert [list(one) for one in told.segments] == [["", False, 1], ["云麓", True, 1], ["晴川", False, 1]]
    assert told.mean_weight(Weights(models={"晴川": 2.0}, verified=1.5)) == pytest.approx((1 + 1.5 + 2) / 3)
    assert 11 < told.waiting_days < 13
    assert theme.score == score.total(theme.parts) > 0


def test_a_car_that_left_the_garage_or_lost_its_mark_does_not_count(
    session: Session, runtime: Runtime, make_theme: MakeTheme, make_voices: Any, make_member: Any, make_vehicle: Any
) -> None:
    owner: Member = make_member("老周")
    car = make_vehicle(owner, "云麓", verified=True)
    theme = make_theme("门把手", posts=make_voices(["把手冻住"], author_id=owner.id, vehicle_id=car.id))
    assert get_theme(session, theme.id or 0).evidence["cars"] == 1
    session.merge(car).removed_at = clock.now()
    session.flush()
    stats.refresh(session, [theme.id or 0], runtime.settings.zone)
    assert get_theme(session, theme.id or 0).evidence["cars"] == 0


def test_figures_cost_as_many_statements_for_many_voices_as_for_few(
    runtime: Runtime, make_theme: MakeTheme, make_voices: Any, count_queries: Any
) -> None:
    few, many = (make_theme(f"主题{n}", posts=make_voices([f"{n} 说 {i}" for i in range(n)])) for n in (2, 40))
    counted = []
    for theme in (few, many):
        with runtime.database.read() as session, count_queries() as queries:
            stats.figures(session, [theme.id or 0], runtime.settings.zone)
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 11
