"""How urgent a theme is: one sum from 0 to 100, each term of it shown with its figure, its weight and its points."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from cocreate.core.text_marks import N_
from feedback_cluster.sentiment.need import SAFETY_WORDS

FORMULA = 2
"""Version of the formula below; raise it when a curve or a default changes."""

DEFAULT_POINTS: dict[str, float] = {
    "cars": 15, "people": 20, "voices": 5, "need": 15, "segments": 10, "trend": 10, "safety": 15, "waiting": 5,
    "effort": 5,
}  # fmt: skip
"""What each term weighs, in the order in which terms are explained. Only their proportions count."""
TERM_LABELS = {
    "cars": N_("Verified cars"),
    "people": N_("Distinct people"),
    "voices": N_("Voices"),
    "need": N_("Strength of need"),
    "segments": N_("Weight of who speaks"),
    "trend": N_("Growth over four weeks"),
    "safety": N_("Words of danger"),
    "waiting": N_("Longest wait for an answer"),
    "effort": N_("Little effort"),
}
MANY = {"cars": 100, "people": 200, "voices": 500, "safety": 10}
"""Where a count reaches its full points; below it counts by its logarithm."""
LONG_DAYS = 30
URGENT_SHARE, AGAIN_SHARE = 0.2, 0.3
"""Shares of urgent voices and of people who came back at which that part of the need is full."""
NEED = {"urgent": 0.5, "negative": 0.3, "again": 0.2}
SIZES = {"XS": 1.0, "S": 0.8, "M": 0.5, "L": 0.25, "XL": 0.0}
"""T-shirt sizes of effort; a theme that nobody has sized counts as M."""
UNSIZED = "M"
VERIFIED_WEIGHT = 1.5


@dataclass(frozen=True)
class Weights:
    """What a brand thinks matters. points: by term, 0..100; models and verified: what a voice weighs, 0..5 with 1 for
    everybody else; safety: folded words of danger."""

    points: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_POINTS))
    models: Mapping[str, float] = field(default_factory=dict)
    verified: float = VERIFIED_WEIGHT
    safety: tuple[str, ...] = SAFETY_WORDS

    def full_points(self) -> dict[str, float]:
        """Points that each term can give; they add up to 100."""
        given = {term: max(0.0, float(self.points.get(term, 0.0))) for term in DEFAULT_POINTS}
        whole = sum(given.values()) or 1.0
        return {term: 100.0 * points / whole for term, points in given.items()}

    def of_speaker(self, model: str, verified: bool) -> float:
        return self.models.get(model, 1.0) * (self.verified if verified else 1.0)

    def as_json(self) -> dict[str, Any]:
        return {
            "points": dict(self.points), "models": dict(self.models), "verified": self.verified,
            "safety": list(self.safety),
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Weights":
        """Weights as they were kept; a term that a newer formula added has its default weight."""
        return cls(
            points={**DEFAULT_POINTS, **{k: float(v) for k, v in data["points"].items() if k in DEFAULT_POINTS}},
            models={str(model): float(weight) for model, weight in data["models"].items()},
            verified=float(data["verified"]),
            safety=tuple(data["safety"]),
        )


@dataclass(frozen=True)
class Evidence:
    """What the score looks at, kept on the theme so that other weights can be tried without counting again.

    speakers: authors, voices without one each for itself; again: those of them with two voices or more; segments:
    [model, verified, speakers]; dangers: speakers by word of danger; trend: -1..1; waiting_days: of the oldest
    unanswered voice when it was counted.
    """

    cars: int = 0
    people: int = 0
    voices: int = 0
    speakers: int = 0
    again: int = 0
    urgent: int = 0
    negative: int = 0
    neutral: int = 0
    positive: int = 0
    segments: Sequence[Sequence[Any]] = ()
    danger_speakers: int = 0
    dangers: Mapping[str, int] = field(default_factory=dict)
    trend: float = 0.0
    waiting_days: float = 0.0
    effort: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Evidence":
        """Evidence as it was kept; what was not counted then counts as nothing."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})

    @property
    def urgent_share(self) -> float:
        return self.urgent / self.voices if self.voices else 0.0

    @property
    def negative_share(self) -> float:
        return self.negative / self.voices if self.voices else 0.0

    @property
    def again_share(self) -> float:
        return self.again / self.speakers if self.speakers else 0.0

    def mean_weight(self, weights: Weights) -> float:
        """What a speaker weighs on average; 1 when nobody speaks."""
        heads = sum(count for _, _, count in self.segments)
        if not heads:
            return 1.0
        return float(sum(weights.of_speaker(model, bool(sure)) * count for model, sure, count in self.segments) / heads)


def fractions(evidence: Evidence, weights: Weights) -> dict[str, float]:
    """How much of its full points each term gives, 0..1. A shrinking theme loses nothing: it only gains no points."""
    need = (
        NEED["urgent"] * _capped(evidence.urgent_share / URGENT_SHARE)
        + NEED["negative"] * _capped(evidence.negative_share)
        + NEED["again"] * _capped(evidence.again_share / AGAIN_SHARE)
    )
    return {
        "cars": _of_many(evidence.cars, MANY["cars"]),
        "people": _of_many(evidence.people, MANY["people"]),
        "voices": _of_many(evidence.voices, MANY["voices"]),
        "need": need,
        "segments": _capped(evidence.mean_weight(weights) - 1.0),
        "trend": _capped(evidence.trend),
        "safety": _of_many(evidence.danger_speakers, MANY["safety"]),
        "waiting": _capped(evidence.waiting_days / LONG_DAYS),
        "effort": SIZES[evidence.effort if evidence.effort in SIZES else UNSIZED] if evidence.voices else 0.0,
    }


def parts(evidence: Evidence, weights: Weights) -> dict[str, float]:
    """Points by term, each between 0 and its full points."""
    full = weights.full_points()
    return {term: round(full[term] * share, 1) for term, share in fractions(evidence, weights).items()}


def total(points: Mapping[str, float]) -> float:
    """The score: the sum of its parts, never above 100 by rounding."""
    return round(min(100.0, sum(points.values())), 1)


def _of_many(count: int, many: int) -> float:
    return min(1.0, math.log1p(max(0, count)) / math.log1p(many))


def _capped(share: float) -> float:
    return min(1.0, max(0.0, share))
