"""When a question counts as answered: the numbers, and the judgement over replies. Pure but for the words."""

from dataclasses import dataclass

from cocreate.core.text_marks import N_
from roadmap.followup.models import Reply

DAYS, THRESHOLD, LEAST, SAMPLE = 7, 60, 10, 200
"""Days from the car to the question; how many of a hundred must call it solved; from how many replies on that is
judged; how many owners are asked who had said nothing."""
PUBLIC_FROM = 20
"""Replies from which on everybody sees the result."""

REPLY_LABELS = {Reply.YES: N_("Yes, solved"), Reply.PARTLY: N_("Partly"), Reply.NO: N_("No")}


@dataclass(frozen=True)
class Tally:
    """Replies of one round. A partly counts half."""

    yes: int = 0
    partly: int = 0
    no: int = 0
    asked: int = 0

    @property
    def replies(self) -> int:
        return self.yes + self.partly + self.no

    @property
    def percent(self) -> int:
        """How many of a hundred call it solved, rounded down; 0 without replies."""
        return 50 * (2 * self.yes + self.partly) // self.replies if self.replies else 0


def solved(tally: Tally, *, threshold: int, least: int) -> bool | None:
    """Whether owners call it solved; None while too few have replied."""
    if tally.replies < max(least, 1):
        return None
    return 50 * (2 * tally.yes + tally.partly) >= threshold * tally.replies
