"""Areas keep their ids over runs as long as most of their themes stay together."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from feedback_cluster.runs.found import describe, match_areas
from feedback_cluster.runs.models import RunFound
from feedback_cluster.themes.models import Theme, ThemeArea

AREAS = st.lists(st.sets(st.integers(1, 12)).map(lambda themes: {"label": "", "themes": sorted(themes)}), max_size=5)
WAS = st.dictionaries(st.integers(1, 12), st.none() | st.integers(1, 5))


@given(AREAS, WAS)
def test_areas_are_matched_one_to_one_and_only_where_themes_are_shared(areas: list[Any], was: dict[int, Any]) -> None:
    found = match_areas(areas, was, {})
    assert set(found) == set(range(len(areas)))
    taken = [area_id for area_id in found.values() if area_id is not None]
    assert len(taken) == len(set(taken))
    for place, area_id in found.items():
        assert area_id is None or any(was.get(theme) == area_id for theme in areas[place]["themes"])


def test_the_area_that_keeps_most_voices_keeps_the_id() -> None:
    areas = [{"label": "", "themes": [1]}, {"label": "", "themes": [2, 3]}]
    assert match_areas(areas, {1: 7, 2: 7, 3: 7}, {1: 50, 2: 10, 3: 10}) == {0: 7, 1: None}
    assert match_areas(areas, {1: 7, 2: 7, 3: 7}, {1: 10, 2: 10, 3: 10}) == {0: None, 1: 7}


@pytest.mark.parametrize("locked", [False, True])
def test_an_area_is_renamed_by_runs_unless_a_person_named_it(
    session: Session, make_theme: Callable[..., Theme], locked: bool
) -> None:
    themes = [make_theme(name).id or 0 for name in ("座椅", "空调", "蓝牙")]

    def told(*areas: tuple[str, list[int]]) -> RunFound:
        listed: list[dict[str, Any]] = [
            {
                "id": i,
                "cluster": n,
                "new": False,
                "label": "x",
                "keywords": [],
                "quotes": [],
                "dissent": None,
                "size": 5,
            }
            for n, i in enumerate(themes)
        ]
        return RunFound(run_id=1, themes=listed, areas=[{"label": label, "themes": ids} for label, ids in areas])

    describe(session, told(("座舱", themes[:2]), ("连接", themes[2:])))
    cabin = session.exec(select(ThemeArea).where(ThemeArea.label == "座舱")).one()
    cabin.name, cabin.name_locked = ("舒适", True) if locked else (cabin.name, False)
    session.add(cabin)
    session.flush()
    describe(session, told(("坐感", themes[:2]), ("互联", themes[2:])))
    session.refresh(cabin)
    assert (cabin.name, cabin.label) == ("舒适" if locked else "坐感", "坐感")
    assert session.exec(select(Theme.area_id).where(col(Theme.id).in_(themes[:2]))).all() == [cabin.id] * 2
    assert len(session.exec(select(ThemeArea)).all()) == 2
