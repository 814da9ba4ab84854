"""What the page of a theme says beyond its voices: why it ranks here, how people feel, who speaks."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from cocreate.core.text_marks import N_
from feedback_cluster.fleet.index import WORTH_A_SENTENCE, Group, Verdict
from feedback_cluster.fleet.queries import representation
from feedback_cluster.priority.lines import score_lines
from feedback_cluster.priority.queries import current_weights
from feedback_cluster.sentiment.judge import MEASURED
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.score import FORMULA, SIZES, Evidence

SHOWN = 8
"""Groups of a trait that the page shows: those who speak most, then the largest that are silent."""
SAYS = {
    Verdict.LOUD: N_("%(index)s times their share (%(low)s–%(high)s)"),
    Verdict.QUIET: N_("only %(index)s times their share (%(low)s–%(high)s)"),
    Verdict.EVEN: N_("about their share: %(index)s (%(low)s–%(high)s)"),
    Verdict.FEW: N_("too few to tell"),
    Verdict.FOREIGN: N_("not in the fleet"),
}
SUMMARY = {
    Verdict.LOUD: N_("%(name)s owners speak %(index)s times as often as their share (%(low)s–%(high)s)."),
    Verdict.QUIET: N_("%(name)s owners speak only %(index)s times as often as their share (%(low)s–%(high)s)."),
}


@dataclass(frozen=True)
class Feeling:
    """How many voices feel so, and their share of all."""

    key: str
    label: str
    voices: int
    percent: int


FEELING_LABELS = {"negative": N_("Complain"), "neutral": N_("Neither"), "positive": N_("Praise")}


def feelings(theme: Theme) -> list[Feeling]:
    """Shares of complaint, neither and praise; empty before anything was counted."""
    counts = {key: int(theme.evidence.get(key, 0)) for key in FEELING_LABELS}
    whole = sum(counts.values())
    if not whole:
        return []
    return [Feeling(key, FEELING_LABELS[key], count, round(100 * count / whole)) for key, count in counts.items()]


def understanding(session: Session, theme: Theme) -> dict[str, Any]:
    """What the templates of score, feelings and representativeness need; five statements."""
    fleet, traits = representation(session, theme.id or 0)
    strongest = max(
        (
            group
            for one in traits
            for group in one.groups
            if group.verdict in SUMMARY and max(group.speakers, group.expected) >= WORTH_A_SENTENCE
        ),
        key=lambda group: group.low if group.verdict is Verdict.LOUD else 1 / max(group.high, 1e-6),
        default=None,
    )
    return {
        "score_lines": score_lines(theme, current_weights(session)),
        "formula": FORMULA,
        "sizes": list(SIZES),
        "feelings": feelings(theme),
        "measured": MEASURED,
        "fleet": fleet,
        "traits": [(one, shown(one.groups)) for one in traits if tells(one.groups)],
        "untold": [one for one in traits if not tells(one.groups)],
        "loudest": strongest,
        "verdict_says": SAYS,
        "verdict_summary": SUMMARY,
        "index_params": index_params,
    }


def tells(groups: list[Group]) -> bool:
    """Whether enough people speak to say anything about any of the groups."""
    return any(group.index is not None for group in groups)


def shown(groups: list[Group]) -> list[Group]:
    """The groups that a page has room for: speakers first, then silent ones that something can be told about."""
    silent = [group for group in groups if not group.speakers and group.verdict is Verdict.QUIET]
    speaking = [group for group in groups if group.speakers]
    return (speaking[: SHOWN - min(len(silent), 2)] + silent)[:SHOWN]


def index_params(group: Group) -> dict[str, str]:
    """The figures of a group's index as a sentence takes them."""
    high = f"{group.high:.1f}" if group.high < 100 else "∞"
    return {
        "name": group.name, "index": f"{group.index or 0:.1f}", "low": f"{group.low:.1f}", "high": high,
        "percent": f"{100 * group.share:.0f}", "fleet": f"{100 * group.fleet_share:.0f}",
    }  # fmt: skip


def evidence_json(theme: Theme) -> dict[str, Any]:
    """What the JSON of a theme says of feelings and of what its score was computed from."""
    told = Evidence.from_json(theme.evidence)
    return {
        "sentiment": {"negative": told.negative, "neutral": told.neutral, "positive": told.positive},
        "evidence": {
            "verified_cars": told.cars, "speakers": told.speakers, "came_back": told.again, "urgent": told.urgent,
            "dangers": dict(told.dangers), "effort": told.effort or None,
        },
    }  # fmt: skip
