"""What each figure is called, how it is read from a month, and its definition as it stands under it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cocreate.core.text_marks import N_

Figures = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One figure. value: from the figures of a month, None where there was nothing to count. unit: "%", or a msgid that
    says what the number counts. up: whether more of it is better. detail: msgid, filled by `parts`."""

    name: str
    label: str
    definition: str
    value: Callable[[Figures], float | None]
    unit: str
    up: bool
    detail: str
    parts: Callable[[Figures], dict[str, int]]


def _share(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _due(told: Figures) -> int:
    return sum(int(told["promises"][name]) for name in ("kept", "late", "owed", "dropped"))


FIGURES = (
    Figure(
        "engineering",
        N_("From an owner's post to engineering"),
        N_(
            "Middle number of days between a voice and the first time engineering took note of it: a dossier that "
            "holds it was acknowledged, its theme was received by a department, or it was put behind a roadmap item. "
            "Voices that join something already received are left out."
        ),
        lambda told: told["engineering"]["median_days"],
        N_("days"),
        False,
        N_("%(voices)s voices reached engineering"),
        lambda told: {"voices": told["engineering"]["voices"]},
    ),
    Figure(
        "answer",
        N_("First human answer"),
        N_(
            "Middle number of hours between a public idea, problem or question and the first answer by somebody of the "
            "brand, of all answered in the month. In time: within the working hours that were promised when it was "
            "posted."
        ),
        lambda told: told["answer"]["median_hours"],
        N_("hours"),
        False,
        N_("%(in_time)s of %(answered)s in time"),
        lambda told: {"in_time": told["answer"]["in_time"], "answered": told["answer"]["answered"]},
    ),
    Figure(
        "votes",
        N_("Votes delivered"),
        N_(
            "Of all votes that owners had cast by the end of the month, the share on posts whose roadmap item had "
            "shipped by then."
        ),
        lambda told: _share(told["votes"]["delivered"], told["votes"]["all"]),
        "%",
        True,
        N_("%(delivered)s of %(all)s votes"),
        lambda told: {"delivered": told["votes"]["delivered"], "all": told["votes"]["all"]},
    ),
    Figure(
        "promises",
        N_("Promises kept"),
        N_(
            "Of the promises whose day came in the month, the share that was there on the last day announced. What was "
            "late, is still owed or was dropped counts as not kept."
        ),
        lambda told: _share(told["promises"]["kept"], _due(told)),
        "%",
        True,
        N_("%(kept)s of %(due)s promises"),
        lambda told: {"kept": told["promises"]["kept"], "due": _due(told)},
    ),
    Figure(
        "repeats",
        N_("Repeated themes removed by releases"),
        N_(
            "Themes behind what a release brought, eight weeks after it: those that were spoken of at most half as "
            "often as in the eight weeks before. Themes with fewer than four voices before are left out."
        ),
        lambda told: told["repeats"]["removed"] if told["repeats"]["themes"] else None,
        N_("themes"),
        True,
        N_("%(removed)s of %(themes)s themes"),
        lambda told: {"removed": told["repeats"]["removed"], "themes": told["repeats"]["themes"]},
    ),
    Figure(
        "told",
        N_("People told what became of it"),
        N_(
            "Different people who were told in their inbox about a step of what they asked for, a release for their "
            "car or an announcement."
        ),
        lambda told: told["told"]["people"],
        N_("people"),
        True,
        N_("%(messages)s messages"),
        lambda told: {"messages": told["told"]["messages"]},
    ),
)
