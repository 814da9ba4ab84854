"""The kinds of messages that a member can choose between, and what holds until they do."""

from dataclasses import dataclass
from enum import StrEnum

from cocreate.core.text_marks import N_

OWN = "own"
"""The group of everything that is about one's own words, whatever its notice says."""


class Mode(StrEnum):
    """How a group of messages comes; what is not OFF always stands in the inbox as well."""

    INBOX = "inbox"
    MAIL = "mail"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


@dataclass(frozen=True)
class Group:
    """One line of the preferences."""

    label: str
    help: str
    default: Mode
    staff: bool = False

    @property
    def modes(self) -> tuple[Mode, ...]:
        """What a member may choose: about one's own words only the channel."""
        return (Mode.MAIL, Mode.INBOX) if self is GROUPS[OWN] else tuple(Mode)


GROUPS: dict[str, Group] = {
    OWN: Group(
        N_("What you said yourself"),
        N_("You are always told what becomes of your own words; you choose the channel alone."),
        Mode.MAIL,
    ),
    "stages": Group(
        N_("Steps of what you support"), N_("What you voted for or follow takes a step on the roadmap."), Mode.DAILY
    ),
    "followed": Group(N_("Talk below what you follow"), N_("New answers, comments and statuses."), Mode.DAILY),
    "releases": Group(N_("Releases"), N_("A new version, and what is in it for your car."), Mode.DAILY),
    "work": Group(N_("Work"), N_("What needs you as one of the brand's people."), Mode.MAIL, staff=True),
}
FALLBACK = "followed"
"""For a notice that names no group of ours."""


def group_named(name: str) -> str:
    """The group that a notice belongs to."""
    return name if name in GROUPS else FALLBACK
