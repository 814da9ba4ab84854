"""The terms of a score in people's words: what was counted, what it weighs, what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cocreate.core.text_marks import N_
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.score import SIZES, TERM_LABELS, UNSIZED, Evidence, Weights

FIGURES = {
    "cars": N_("%(count)s verified cars"),
    "people": N_("%(count)s people, votes included"),
    "voices": N_("%(count)s voices"),
    "need": N_("%(urgent)s %% say it is urgent, %(negative)s %% complain, %(again)s %% came back"),
    "segments": N_("a speaker weighs %(mean)s on average"),
    "trend": N_("%(percent)s %%, the last four weeks against the four before"),
    "safety": N_("%(count)s people: %(words)s"),
    "waiting": N_("%(days)s days"),
    "effort": N_("size %(size)s"),
}
NOTHING = {
    "safety": N_("nobody speaks of danger"),
    "effort": N_("not sized yet, counts as %(size)s"),
}


@dataclass(frozen=True)
class ScoreLine:
    """One term of a theme's score. figure: msgid of what was counted, to be filled with params."""

    term: str
    label: str
    figure: str
    points: float
    full: float
    params: Mapping[str, Any] = field(default_factory=dict)


def score_lines(theme: Theme, weights: Weights) -> list[ScoreLine]:
    """The terms of the theme's score in the order in which they are explained."""
    evidence, full = Evidence.from_json(theme.evidence), weights.full_points()
    return [
        ScoreLine(
            term, label, _figure(term, evidence), theme.parts.get(term, 0.0), round(full[term], 1),
            _params(term, evidence, weights),
        )
        for term, label in TERM_LABELS.items()
    ]  # fmt: skip


def _figure(term: str, evidence: Evidence) -> str:
    empty = (term == "safety" and not evidence.dangers) or (term == "effort" and evidence.effort not in SIZES)
    return NOTHING[term] if empty else FIGURES[term]


def _params(term: str, evidence: Evidence, weights: Weights) -> dict[str, Any]:
    told: dict[str, dict[str, Any]] = {
        "cars": {"count": evidence.cars},
        "people": {"count": evidence.people},
        "voices": {"count": evidence.voices},
        "need": {
            "urgent": round(100 * evidence.urgent_share),
            "negative": round(100 * evidence.negative_share),
            "again": round(100 * evidence.again_share),
        },
        "segments": {"mean": f"{evidence.mean_weight(weights):.2f}"},
        "trend": {"percent": f"{100 * evidence.trend:+.0f}"},
        "safety": {
            "count": evidence.danger_speakers,
            "words": "、".join(f"{word} {count}" for word, count in list(evidence.dangers.items())[:5]),
        },
        "waiting": {"days": int(evidence.waiting_days)},
        "effort": {"size": evidence.effort if evidence.effort in SIZES else UNSIZED},
    }
    return told[term]
