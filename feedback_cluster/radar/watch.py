"""The radar's round: once an hour, or when somebody asks, every theme is compared with its own weeks.

Reading and arithmetic come first, without a lock; then what was found is written in one short transaction.
"""

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from feedback_cluster.radar import surge
from feedback_cluster.radar.alerts import Finding, Standing, keep
from feedback_cluster.radar.arrivals import Voices, counts_on
from feedback_cluster.radar.gather import Gathered, gather, groups_worth, left_out
from feedback_cluster.radar.models import STANDING, Alert, AlertState, RadarRound
from feedback_cluster.radar.surge import DEFAULT, TRAFFIC, Look, Rule, Surge
from feedback_cluster.sentiment.judge import stance
from feedback_cluster.themes.queries import resolve
from forum import api as forum

CURVE_DAYS = 42
FLOOR_WEEKS = 8
"""For so long a false alarm raises what is usual; by then the weeks themselves have taught it."""
LEAST_PEOPLE = 3
"""A rise that fewer people make is a conversation."""
TOLD_GROUPS = 4


@dataclass
class Known:
    """What earlier alerts say about the themes: by series."""

    floors: dict[int, float] = field(default_factory=dict)
    untaught: list[tuple[int, int, int]] = field(default_factory=list)
    """(series, first day, last day) that teach no baseline."""
    standing: dict[int, Alert] = field(default_factory=dict)
    merged: list[tuple[int, Alert]] = field(default_factory=list)
    """Further standing alerts of a series: their themes were merged into its theme."""
    unseen: list[Alert] = field(default_factory=list)
    """Standing alerts of themes that are hidden or that nobody speaks of."""
    closed: dict[int, int] = field(default_factory=dict)
    """The day on which the latest alert ended."""


def look_round(runtime: Runtime) -> None:
    """Compare, and store what rises, what grew and what is over."""
    moment, zone = clock.now(), runtime.settings.zone
    with runtime.database.read() as session:
        made = gather(session, moment, zone)
        known = _known(session, made, runtime)
        findings = _findings(made, known)
        told = [_told(session, made, finding) for finding in findings]
    unheard = left_out(made)
    with runtime.database.write() as session:
        keep(session, told, _still(made, known), moment=moment)
        looked = RadarRound(at=moment, voices=len(made.post_ids), themes=len(made.themes), left_out=unheard)
        session.merge(looked)


def _known(session: Session, made: Gathered, runtime: Runtime) -> Known:
    known = Known()
    series = {theme_id: number for number, theme_id in enumerate(made.themes)}
    zone = runtime.settings.zone
    recent = sa.or_(col(Alert.last_day) >= made.date_of(0).isoformat(), col(Alert.state).in_(STANDING))
    for alert in session.exec(select(Alert).where(recent).order_by(col(Alert.id))):
        place = TRAFFIC if alert.theme_id is None else series.get(resolve(session, alert.theme_id), -2)
        if place < TRAFFIC:
            known.unseen += [alert] if alert.standing else []
            continue
        ended = alert.closed_at or (alert.decided_at if not alert.standing else None)
        last = made.day_of(ended.astimezone(zone).date()) if ended else made.days - 1
        first = made.day_of(date.fromisoformat(alert.first_day))
        if alert.state is AlertState.FALSE_ALARM:
            if ended and made.days - 1 - last <= 7 * FLOOR_WEEKS:
                known.floors[place] = max(alert.floor, known.floors.get(place, 0.0))
        elif place >= 0:
            known.untaught.append((place, max(0, first), last))
        if alert.standing and place in known.standing:
            own = alert.theme_id == made.themes[place]
            known.merged.append((place, known.standing[place] if own else alert))
            known.standing[place] = alert if own else known.standing[place]
        elif alert.standing:
            known.standing[place] = alert
        else:
            known.closed[place] = max(last, known.closed.get(place, -1))
    return known


def _look(voices: Voices, series: int, made: Gathered, known: Known, day: int, groups: list[int] | None = None) -> Look:
    """One look; groups: the theme of each series, where series are groups of themes."""
    counts, live = counts_on(voices, day, series=series, days=made.days)
    taught = np.ones(counts.shape, dtype=bool)
    owners = list(range(series)) if groups is None else groups
    for place, owner in enumerate(owners):
        for theme, first, last in known.untaught:
            if theme == owner:
                taught[place, first : last + 1] = False
    floors = None if groups else np.array([known.floors.get(place, 0.0) for place in range(series)])
    weekdays = (np.arange(made.days) + made.date_of(0).weekday()) % 7
    begun = int(voices.day.min(initial=made.days))
    taught[:, :begun] = False  # nobody had spoken yet: those days are no calm
    return surge.look(counts, day, weekdays=weekdays, live=live, taught=taught, floors=floors)


def _findings(made: Gathered, known: Known, rule: Rule = DEFAULT) -> list[Finding]:
    if not made.themes or not made.post_ids:
        return []
    day, count = made.days - 1, len(made.themes)
    now = _look(made.voices, count, made, known, day)
    found: list[Finding] = []
    whole = surge.traffic(now, rule.threshold(), rule, day=day)
    if whole is not None and _told_of_everything(known, whole, rule):
        found.append(Finding(None, whole, known.standing.get(TRAFFIC)))
    for rise in surge.rises(now, rule.threshold(), rule, day=day, fresh=_fresh(known, count, day, rule)):
        if _counts(known, rise, rule.threshold(), rule):
            found.append(Finding(rise.series, rise, known.standing.get(rise.series)))
    risen = {finding.series for finding in found}
    return found + [one for one in _through_groups(made, known, day, rule) if one.series not in risen]


def _told_of_everything(known: Known, whole: Surge, rule: Rule) -> bool:
    """Whether a rise of everything is told: not soon after one that ended; after a false alarm as soon as it stands out
    from what that taught to be usual as it must from the usual."""
    floor = known.floors.get(TRAFFIC)
    if floor is None:
        return whole.day - known.closed.get(TRAFFIC, -99) > rule.wary_days
    usual = max(whole.expected, floor * whole.days)
    spread = whole.spread * math.sqrt(usual / whole.expected) if whole.expected > 0 else 0.0
    return whole.seen >= rule.traffic_ratio * usual and whole.seen - usual >= rule.threshold() * spread


def _fresh(known: Known, count: int, day: int, rule: Rule) -> surge.IntArray:
    """By theme, how many of the last days may raise an alert: those since the last one ended."""
    ended = [-1 if place in known.standing else known.closed.get(place, -1) for place in range(count)]
    return np.array([rule.windows if last < 0 else min(rule.windows, day - last) for last in ended])


def _counts(known: Known, rise: Surge, threshold: float, rule: Rule) -> bool:
    """Whether a rise is told: soon after an alert of the same theme only if it is stronger than usual."""
    if rise.series in known.standing:
        return True
    wary = rise.day - known.closed.get(rise.series, -(10**6)) <= rule.wary_days
    return not wary or rise.evidence >= threshold + rule.wary_extra


def _through_groups(made: Gathered, known: Known, day: int, rule: Rule) -> list[Finding]:
    """Themes in which one group of owners rises, although the theme as a whole does not; the strongest of each."""
    worth = groups_worth(made)
    if not worth:
        return []
    groups = list(worth)
    voices = made.voices
    places = np.concatenate([np.array(worth[group]) for group in groups])
    numbers = np.concatenate([np.full(len(worth[group]), number) for number, group in enumerate(groups)])
    owned = Voices(voices.day[places], voices.arrived[places], voices.source[places], voices.dated[places], numbers)
    now = _look(owned, len(groups), made, known, day, [group.theme for group in groups])
    threshold = rule.threshold(len(groups))
    best: dict[int, Finding] = {}
    for rise in surge.rises(now, threshold, rule, day=day):
        group = groups[rise.series]
        taught = group.theme in known.floors or group.theme in known.standing
        at_home = Surge(group.theme, rise.first, rise.day, rise.seen, rise.expected, rise.spread, rise.evidence)
        if taught or not _counts(known, at_home, threshold, rule):
            continue
        known_best = best.get(group.theme)
        if known_best is None or rise.evidence > known_best.surge.evidence:
            best[group.theme] = Finding(group.theme, at_home, None, through=f"{group.kind}:{group.value}")
    return list(best.values())


def _told(session: Session, made: Gathered, finding: Finding) -> Finding:
    """The finding with everything by which an alert explains itself."""
    rise = finding.surge
    series = -1 if finding.series is None else finding.series
    places = made.members(series, rise.first, rise.day)
    if finding.through:
        kind, _, value = finding.through.partition(":")
        places = [place for place in places if (kind, value) in made.groups[place]]
    posts = [made.post_ids[place] for place in places]
    people = {made.people[place] for place in places}
    new = forum.first_words(session, posts)
    named = [place for place in places if not made.people[place].startswith("post ")]
    finding.theme_id = made.themes[series] if series >= 0 else None
    finding.people = len(people)
    finding.enough = len(people) >= LEAST_PEOPLE
    finding.negative = _share(sum(stance(made.polarity[place]) < 0 for place in places), len(places))
    finding.newcomers = _share(sum(made.post_ids[place] in new for place in named), len(named))
    finding.groups = _groups(made, series, places, rise.first)
    finding.first_day, finding.last_day = made.date_of(rise.first), made.date_of(rise.day)
    finding.curve = curve_of(made, series)
    finding.usual = rise.expected / rise.days
    return finding


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _groups(made: Gathered, series: int, places: list[int], first: int) -> list[dict[str, Any]]:
    """Owners who make up more of the rise than of the weeks before: the most telling first."""
    before = made.members(series, 0, first - 1)
    now_count: dict[tuple[str, str], int] = {}
    was_count: dict[tuple[str, str], int] = {}
    for place in places:
        for group in made.groups[place]:
            now_count[group] = now_count.get(group, 0) + 1
    for place in before:
        for group in made.groups[place]:
            was_count[group] = was_count.get(group, 0) + 1
    found = []
    for (kind, value), count in now_count.items():
        share, usual = count / len(places), was_count.get((kind, value), 0) / max(1, len(before))
        if count >= 3 and share >= 0.3 and share >= 1.25 * usual:
            told = {"kind": kind, "value": value, "seen": count, "share": round(share, 3), "usual": round(usual, 3)}
            found.append((usual - share, value, told))
    return [told for _, _, told in sorted(found, key=lambda one: one[:2])][:TOLD_GROUPS]


def curve_of(made: Gathered, series: int) -> list[int]:
    """Voices a day in the last weeks, today last; history that came late is left out."""
    chosen = made.voices.live if series < 0 else made.voices.live & (made.voices.series == series)
    counted = np.bincount(made.voices.day[chosen], minlength=made.days)
    return [int(count) for count in counted[-CURVE_DAYS:]]


def _still(made: Gathered, known: Known, rule: Rule = DEFAULT) -> list[Standing]:
    """How the standing alerts are today; whether yesterday was calm, because today is not over."""
    yesterday = made.days - 2
    found = [
        Standing(one.id or 0, None, True, made.date_of(yesterday), one.curve, date.fromisoformat(one.curve_until))
        for one in known.unseen
    ]
    if not known.standing:
        return found
    then = _look(made.voices, len(made.themes), made, known, yesterday) if made.themes else None
    for series, alert in [*known.standing.items(), *known.merged]:
        if then is None or not then.known[series if series >= 0 else 0]:
            continue
        calm = (
            surge.is_calm(then, series, rule) if series >= 0 else surge.traffic(then, 2.0, rule, day=yesterday) is None
        )
        found.append(
            Standing(
                alert_id=alert.id or 0,
                theme_id=made.themes[series] if series >= 0 else None,
                calm=calm,
                day=made.date_of(yesterday),
                curve=curve_of(made, series),
                until=made.today,
            )
        )
    return found
