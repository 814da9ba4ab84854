"""How a run describes its themes and areas: stored with the run, put on the themes when it takes effect."""

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import clock
from feedback_cluster.runs.folder import Outcome
from feedback_cluster.runs.models import RunFound
from feedback_cluster.themes.indexing import index_themes
from feedback_cluster.themes.models import Theme, ThemeArea

LONGEST_LABEL, LONGEST_AREA = 80, 40
KEPT_ASK = 1_000


def keep_found(session: Session, run_id: int, outcome: Outcome, theme_ids: dict[int, int]) -> None:
    """Store what the pipeline said about its clusters, by the themes they are."""
    themes = [
        {
            "id": theme_ids[told["cluster"]],
            "cluster": told["cluster"],
            "new": told["theme"] is None,
            "label": told["label"][:LONGEST_LABEL],
            "keywords": told["keywords"],
            "quotes": told["quotes"],
            "dissent": told.get("dissent"),
            "size": told["size"],
        }
        for told in outcome.result["themes"]
    ]
    areas = [
        {
            "label": area["label"][:LONGEST_AREA],
            "themes": [theme_ids[cluster] for cluster in area["themes"] if cluster in theme_ids],
        }
        for area in outcome.result.get("areas", [])
    ]
    ask = [int(post_id) for post_id in outcome.result.get("ask", [])[:KEPT_ASK]]
    session.add(RunFound(run_id=run_id, themes=themes, areas=areas, ask=ask))


def remember(session: Session, found: RunFound) -> None:
    """Write down how its themes are described now, so that `describe` goes back to this and not to what it once found.

    People may have rejected names and themes of it, or runs before it may have described what it did not find.
    """
    told = {one["id"]: one for one in found.themes}
    lives = session.exec(select(Theme).where(col(Theme.born_at).is_not(None)).order_by(col(Theme.id))).all()
    now = [
        {
            **told.get(theme.id or 0, {"cluster": None}),
            "id": theme.id,
            "new": False,
            "label": theme.label,
            "name": None if theme.name_locked else theme.name,
            "keywords": theme.keywords,
            "quotes": theme.quotes,
            "dissent": theme.dissent_id,
            "size": theme.size,
        }
        for theme in lives
    ]
    unborn = [one | {"unborn": True} for one in found.themes if one["id"] not in {theme.id for theme in lives}]
    found.themes = [*now, *unborn]
    session.add(found)


def describe(
    session: Session, found: RunFound, *, unborn: Collection[int] = (), kept: Collection[int] = (),
    named: Collection[int] = (),
) -> None:  # fmt: skip
    """Put the run's words on its themes and bring new ones to life.

    unborn: new themes that do not come to life. kept: themes that stay described as they are. named: themes that keep
    their name.
    """
    described: list[Theme] = []
    for told in found.themes:
        theme = session.get(Theme, told["id"])
        if theme is None or told.get("unborn") or theme.id in unborn or theme.id in kept:
            continue
        described.append(theme)
        theme.label = told["label"]
        if not theme.name_locked and theme.id not in named:
            theme.name = told.get("name") or theme.label
        theme.keywords, theme.quotes, theme.dissent_id = told["keywords"], told["quotes"], told["dissent"]
        theme.born_at = theme.born_at or clock.now()
        theme.reword()
        session.add(theme)
    session.flush()
    index_themes(session, described)
    _gather(session, found)


def _gather(session: Session, found: RunFound) -> None:
    """Put the themes into areas; an area keeps its id as long as most of its voices' themes stay in it."""
    wanted = {theme_id for area in found.areas for theme_id in area["themes"]}
    themes = {theme.id or 0: theme for theme in session.exec(select(Theme).where(col(Theme.id).in_(wanted)))}
    known = {area.id or 0: area for area in session.exec(select(ThemeArea))}
    for place, area_id in match_areas(found.areas, {i: t.area_id for i, t in themes.items()}, sizes_of(found)).items():
        told = found.areas[place]
        area = known.get(area_id or 0) or ThemeArea(name=told["label"])
        area.label = told["label"]
        area.name = area.name if area.name_locked else area.label
        session.add(area)
        session.flush()
        for theme_id in told["themes"]:
            if theme_id in themes and not themes[theme_id].area_locked:
                themes[theme_id].area_id = area.id
                session.add(themes[theme_id])
    session.flush()


def sizes_of(found: RunFound) -> dict[int, int]:
    return {told["id"]: max(1, told["size"]) for told in found.themes}


def match_areas(
    areas: list[dict[str, Any]], was: dict[int, int | None], sizes: dict[int, int]
) -> dict[int, int | None]:
    """{place in `areas`: id of the area it continues}, one to one by the voices they share; None for a new one."""
    shared: Counter[tuple[int, int]] = Counter()
    for place, told in enumerate(areas):
        for theme_id in told["themes"]:
            if (area_id := was.get(theme_id)) is not None:
                shared[place, area_id] += sizes.get(theme_id, 1)
    found: dict[int, int | None] = {}
    taken: set[int] = set()
    for (place, area_id), _ in sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])):
        if place not in found and area_id not in taken:
            found[place] = area_id
            taken.add(area_id)
    return {place: found.get(place) for place in range(len(areas))}
