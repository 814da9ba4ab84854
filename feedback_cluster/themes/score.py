"""How urgent a theme is: one sum from 0 to 100, each part of it shown beside the number."""

import math
from dataclasses import dataclass

from cocreate.core.text_marks import N_

FORMULA = 1
"""Version of the formula below; raise it when a weight or a curve changes."""

PEOPLE, VOICES, TREND, VOTES, PROBLEMS, WAITING = 30, 15, 20, 15, 10, 10
"""Points that each part can give. They add up to 100."""
MANY_PEOPLE, MANY_VOICES, MANY_VOTES, LONG_DAYS = 200, 500, 1_000, 30
"""Where a part reaches its full points; below it people, voices and votes count by their logarithm, days linearly."""

PART_LABELS = {
    "people": N_("Distinct people"),
    "voices": N_("Voices"),
    "trend": N_("Growth over four weeks"),
    "votes": N_("Votes"),
    "problems": N_("Share of problems"),
    "waiting": N_("Longest wait for an answer"),
}
FULL_POINTS = {
    "people": PEOPLE,
    "voices": VOICES,
    "trend": TREND,
    "votes": VOTES,
    "problems": PROBLEMS,
    "waiting": WAITING,
}


@dataclass(frozen=True)
class Evidence:
    """What the score looks at. trend: -1..1; problem_share: 0..1; waiting_days: of the oldest unanswered voice."""

    people: int
    voices: int
    trend: float
    votes: int
    problem_share: float
    waiting_days: float


def parts(evidence: Evidence) -> dict[str, float]:
    """Points by part, each between 0 and its full points. A shrinking theme loses nothing: it only gains no points."""
    return {
        "people": round(PEOPLE * _of_many(evidence.people, MANY_PEOPLE), 1),
        "voices": round(VOICES * _of_many(evidence.voices, MANY_VOICES), 1),
        "trend": round(TREND * min(1.0, max(0.0, evidence.trend)), 1),
        "votes": round(VOTES * _of_many(evidence.votes, MANY_VOTES), 1),
        "problems": round(PROBLEMS * min(1.0, max(0.0, evidence.problem_share)), 1),
        "waiting": round(WAITING * min(1.0, max(0.0, evidence.waiting_days) / LONG_DAYS), 1),
    }


def total(points: dict[str, float]) -> float:
    return round(sum(points.values()), 1)


def _of_many(count: int, many: int) -> float:
    return min(1.0, math.log1p(max(0, count)) / math.log1p(many))
