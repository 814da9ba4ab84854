"""What a dossier says of a theme: facts of every voice, figures counted from them, what is new since the last one.

Everything that is shown as a number is counted from `voices` alone, so that each number leads to its voices.
"""

import hashlib
import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from feedback_cluster.sentiment.judge import stance
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run
from forum import api as forum

FORMAT = 1
CHUNK = 2_000
DISSENTING, TYPICAL = 3, 3
STANCES = {-1: "negative", 0: "neutral", 1: "positive"}
Voice = dict[str, Any]


@dataclass(frozen=True)
class Words:
    """What one voice said, kept beside the record."""

    post_id: int
    title: str
    body: str
    person: int | None
    salt: str


def gather(session: Session, theme: Theme, zone: ZoneInfo) -> tuple[list[Voice], list[Words]]:
    """Every voice of the theme that staff may read at this moment, oldest first, and their words."""
    statement = (
        columns(ThemePost.post_id, ThemePost.confidence, ThemePost.polarity)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == current_run(), Theme.root_id == theme.id)
        .order_by(col(ThemePost.post_id))
    )
    placed = {post_id: (confidence, polarity) for post_id, confidence, polarity in session.exec(statement)}
    ids = sorted(placed)
    origins = forum.origins(session, ids)
    people: dict[str, int] = {}
    cars: dict[int, int] = {}
    voices, words = [], []
    for start in range(0, len(ids), CHUNK):
        for post in forum.post_texts(session, ids=ids[start : start + CHUNK]):
            salt = secrets.token_hex(16)
            person = people.setdefault(post.person, len(people) + 1) if post.person else None
            voices.append(_voice(post, origins[post.id], placed[post.id], cars, salt, zone))
            words.append(Words(post.id, post.title, post.body, person, salt))
    return sorted(voices, key=lambda voice: (voice["on"], voice["id"])), words


def voices_now(session: Session, theme: Theme, actor: Actor) -> set[int]:
    """The theme's voices that this member of staff may read at this moment, without their words."""
    statement = select(ThemePost.post_id).join(Theme, col(Theme.id) == ThemePost.theme_id)
    ids = list(session.exec(statement.where(ThemePost.run_id == current_run(), Theme.root_id == theme.id)))
    readable: set[int] = set()
    for start in range(0, len(ids), CHUNK):
        readable |= forum.visible_ids(session, actor, ids[start : start + CHUNK])
    return readable


def _voice(
    post: forum.PostText,
    origin: forum.Origin,
    placed: tuple[float, float],
    cars: dict[int, int],
    salt: str,
    zone: ZoneInfo,
) -> Voice:
    confidence, polarity = placed
    car = cars.setdefault(post.vehicle_id, len(cars) + 1) if post.vehicle_id else None
    return {
        "id": post.id,
        "on": post.created_at.astimezone(zone).date().isoformat(),
        "kind": post.kind.value,
        "model": post.model,
        "model_year": post.model_year,
        "software": origin.software,
        "region": post.region or origin.region,
        "order_month": origin.order_month,
        "car": car,
        "verified": origin.verified,
        "votes": post.vote_count,
        "staff_only": post.visibility is forum.Visibility.STAFF,
        "named": post.person is not None,
        "stance": STANCES[stance(polarity)],
        "polarity": round(polarity, 3),
        "confidence": round(confidence, 3),
        "words": fingerprint(post.title, post.body, salt),
    }


def fingerprint(title: str, body: str, salt: str) -> str:
    """Hash of one voice's words; with the salt gone, nobody can guess them from it."""
    return hashlib.sha256(f"{salt}\0{title}\0{body}".encode()).hexdigest()


def digest(content: Mapping[str, Any]) -> str:
    """Hash of the whole record, the same on every machine."""
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def compose(
    theme: Theme, voices: Sequence[Voice], words: Sequence[Words], previous: Mapping[str, Any] | None, moment: datetime
) -> dict[str, Any]:
    """The record of an issue. previous: the content of the issue before."""
    told = figures(voices, len({one.person for one in words if one.person is not None}))
    return {
        "format": FORMAT,
        "theme": {"id": theme.id, "name": theme.name, "keywords": list(theme.keywords)},
        "at": moment.isoformat(timespec="seconds"),
        "figures": told,
        "weekly": weekly(voices),
        "typical": [post_id for post_id in theme.quotes if any(v["id"] == post_id for v in voices)][:TYPICAL],
        "dissent": dissent(voices),
        "photos": [],
        "since": since(voices, told, previous),
        "voices": list(voices),
    }


def figures(voices: Sequence[Voice], people: int) -> dict[str, Any]:
    """The numbers of an issue, each counted from its voices; shares by value, most frequent first."""

    def by(name: str) -> dict[str, int]:
        said = Counter(str(voice[name]) for voice in voices if voice[name] not in ("", None))
        return dict(sorted(said.items(), key=lambda pair: (-pair[1], pair[0])))

    return {
        "voices": len(voices),
        "people": people,
        "unnamed": sum(not voice["named"] for voice in voices),
        "cars": len({voice["car"] for voice in voices if voice["car"]}),
        "verified_cars": len({voice["car"] for voice in voices if voice["car"] and voice["verified"]}),
        "votes": sum(voice["votes"] for voice in voices),
        "staff_only": sum(voice["staff_only"] for voice in voices),
        "model": by("model"),
        "model_year": by("model_year"),
        "software": by("software"),
        "region": by("region"),
        "order_month": by("order_month"),
        "kind": by("kind"),
        "stance": by("stance"),
        "first_on": voices[0]["on"] if voices else None,
        "last_on": voices[-1]["on"] if voices else None,
    }


def weekly(voices: Sequence[Voice]) -> list[list[Any]]:
    """[Monday, voices] for every week from the first voice to the last."""
    days = [date.fromisoformat(voice["on"]) for voice in voices]
    if not days:
        return []
    counted = Counter(day - timedelta(days=day.weekday()) for day in days)
    monday, found = min(counted), []
    while monday <= max(counted):
        found.append([monday.isoformat(), counted.get(monday, 0)])
        monday += timedelta(weeks=1)
    return found


def dissent(voices: Sequence[Voice]) -> list[int]:
    """Voices that speak against what most say, the plainest and surest first; none where nobody takes a side."""
    sides = Counter(voice["stance"] for voice in voices if voice["stance"] != "neutral")
    if not sides:
        return []
    most = max(sides, key=lambda side_: (sides[side_], side_))
    against = [voice for voice in voices if voice["stance"] not in (most, "neutral")]
    against.sort(key=lambda voice: (-abs(voice["polarity"]) * max(voice["confidence"], 0.05), voice["id"]))
    return [voice["id"] for voice in against[:DISSENTING]]


def since(
    voices: Sequence[Voice], told: Mapping[str, Any], previous: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """What differs from the issue before: posts that are new, posts that are no longer there, figures then and now."""
    if previous is None:
        return None
    before = {voice["id"] for voice in previous["voices"]}
    now = {voice["id"] for voice in voices}
    counted = ("voices", "people", "cars", "verified_cars", "votes")
    return {
        "at": previous["at"],
        "new": sorted(now - before),
        "gone": sorted(before - now),
        "figures": {name: [previous["figures"][name], told[name]] for name in counted},
    }
