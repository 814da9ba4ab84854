"""The last weeks' voices as arrays: what the radar looks at."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session, col

from cocreate.core.tables import columns
from feedback_cluster.radar.arrivals import Cause, Voices, steady_sources
from feedback_cluster.radar.surge import DEFAULT
from feedback_cluster.themes.models import Theme, ThemePost, TriageStatus
from feedback_cluster.themes.queries import Root, current_run
from forum import api as forum

DAYS = 7 * (DEFAULT.baseline_weeks + 1) + DEFAULT.windows + DEFAULT.gap_days
LEAST_OF_GROUP = 8
"""Voices within the weeks looked at before a group is judged by itself."""


@dataclass(frozen=True)
class Group:
    """Owners of one kind within a theme."""

    theme: int
    kind: str
    value: str


@dataclass
class Gathered:
    """Voices of the last weeks, at most one by person, theme and day. themes: ids by series."""

    today: date
    themes: list[int]
    voices: Voices
    post_ids: list[int]
    people: list[str]
    polarity: list[float]
    groups: list[list[tuple[str, str]]] = field(default_factory=list)
    """By voice: (kind, value) of its owner's car."""
    sources: list[str] = field(default_factory=list)
    """Names by number."""
    imports: list[int | None] = field(default_factory=list)
    """By voice: the import it came with."""

    @property
    def days(self) -> int:
        return DAYS

    def date_of(self, day: int) -> date:
        return self.today - timedelta(days=DAYS - 1 - day)

    def day_of(self, moment: date) -> int:
        return DAYS - 1 - (self.today - moment).days

    def members(self, series: int, first: int, last: int) -> list[int]:
        """Positions of the voices of a theme (-1: of all) in these days that are news."""
        here = (self.voices.day >= first) & (self.voices.day <= last) & self.voices.live
        if series >= 0:
            here &= self.voices.series == series
        return [int(place) for place in np.flatnonzero(here)]


def gather(session: Session, moment: datetime, zone: ZoneInfo) -> Gathered:
    """Voices of every theme that people see, from about fifteen weeks ago until now."""
    today = moment.astimezone(zone).date()
    since = moment - timedelta(days=DAYS)
    statement = (
        columns(
            Theme.root_id, ThemePost.post_id, ThemePost.created_at, ThemePost.person, ThemePost.polarity,
            ThemePost.model, ThemePost.model_year, ThemePost.region,
        )
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .join(Root, Root.id == Theme.root_id)
        .where(
            ThemePost.run_id == current_run(),
            col(ThemePost.created_at) >= since,
            col(ThemePost.created_at) <= moment,
            Root.status != TriageStatus.HIDDEN,
        )
        .order_by(col(ThemePost.post_id))
    )  # fmt: skip
    rows = list(session.exec(statement))
    told = forum.origins(session, [row[1] for row in rows])
    return _arranged(rows, told, today, zone)


def _arranged(rows: list[Any], told: dict[int, forum.Origin], today: date, zone: ZoneInfo) -> Gathered:
    themes = sorted({row[0] for row in rows})
    series = {theme_id: number for number, theme_id in enumerate(themes)}
    sources = {source: number for number, source in enumerate(sorted({one.source for one in told.values()}))}
    seen: set[tuple[int, str, int]] = set()
    table: list[tuple[int, int, int, bool, int]] = []
    made = Gathered(today, themes, _voices([]), [], [], [], sources=list(sources))
    for theme_id, post_id, created_at, person, polarity, model, year, region in rows:
        origin = told.get(post_id)
        if origin is None:
            continue
        day = DAYS - 1 - (today - created_at.astimezone(zone).date()).days
        who = person or f"post {post_id}"
        if (theme_id, who, day) in seen or not 0 <= day < DAYS:
            continue  # one person who writes ten times a day is one voice
        seen.add((theme_id, who, day))
        came = origin.arrived_at.astimezone(zone).date() if origin.arrived_at else None
        arrived = max(day, DAYS - 1 - (today - came).days) if came else day
        table.append((day, arrived, sources[origin.source], origin.dated, series[theme_id]))
        made.post_ids.append(post_id)
        made.people.append(who)
        made.polarity.append(polarity)
        made.groups.append(groups_of(model, year, region or origin.region, origin.order_month))
        made.imports.append(origin.import_id)
    made.voices = _voices(table)
    return made


def _voices(table: list[tuple[int, int, int, bool, int]]) -> Voices:
    values = np.array([(a, b, c, int(d), e) for a, b, c, d, e in table], dtype=np.int64).reshape(len(table), 5)
    return Voices(values[:, 0], values[:, 1], values[:, 2], values[:, 3] == 1, values[:, 4])


def left_out(made: Gathered, most: int = 6) -> list[dict[str, Any]]:
    """Voices of the last weeks that are no news, by source, import and cause; the most first."""
    if not made.post_ids:
        return []
    steady = steady_sources(made.voices, made.days - 1)
    found: Counter[tuple[str, int, str]] = Counter()
    for place, import_id in enumerate(made.imports):
        number = int(made.voices.source[place])
        cause = (
            Cause.UNDATED if not made.voices.dated[place]
            else Cause.BACKFILLED if made.voices.late[place]
            else Cause.NEW_SOURCE if not steady[number]
            else Cause.NEWS
        )  # fmt: skip
        if cause is not Cause.NEWS:
            found[made.sources[number], import_id or 0, cause.value] += 1
    return [
        {"source": source, "import_id": import_id or None, "cause": cause, "count": count}
        for (source, import_id, cause), count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    ]


def groups_of(model: str, year: int | None, region: str, order_month: str) -> list[tuple[str, str]]:
    """The owner groups that a voice belongs to, as far as they are known."""
    found = [("model", model)] if model else []
    if model and year:
        found.append(("model_year", f"{model} {year}"))
    if region:
        found.append(("region", region))
    if order_month:
        found.append(("order_month", order_month))
    return found


def groups_worth(made: Gathered) -> dict[Group, list[int]]:
    """Groups large enough to be judged, with the positions of their voices; not those that are nearly a theme."""
    found: dict[Group, list[int]] = {}
    for place, groups in enumerate(made.groups):
        for kind, value in groups:
            found.setdefault(Group(int(made.voices.series[place]), kind, value), []).append(place)
    sizes = Counter(made.voices.series.tolist())
    return {
        group: places for group, places in found.items() if LEAST_OF_GROUP <= len(places) < 0.9 * sizes[group.theme]
    }
