"""What entries of the ledger are called on pages, and where they lead."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.core.text_marks import N_
from cocreate.points.models import EntryKind, GrantState, RedemptionState
from cocreate.points.queries import Line
from cocreate.points.rules import PointsRule
from cocreate.web.page import Page

OWN_LABELS = {
    "points.grant": N_("From the brand"),
    "points.reward": N_("Redeemed"),
    "points.expiry": N_("Expired"),
    "points.left": N_("Account closed"),
}
KIND_LABELS = {
    EntryKind.REVERSED: N_("taken back"),
    EntryKind.RETURNED: N_("given back"),
}
GRANT_LABELS = {
    GrantState.WAITING: N_("Waits for a second person"),
    GrantState.GIVEN: N_("Given"),
    GrantState.DECLINED: N_("Not given"),
    GrantState.TAKEN_BACK: N_("Taken back"),
}
REDEMPTION_LABELS = {
    RedemptionState.OPEN: N_("Ready for you"),
    RedemptionState.HANDED_OUT: N_("Handed over"),
    RedemptionState.CANCELLED: N_("Cancelled"),
}


@dataclass(frozen=True)
class Told:
    """A line of the history in the reader's language. `note`: what is special about it; `words`: what the room that it
    comes from calls the thing it was for."""

    line: Line
    label: str
    note: str
    url: str | None
    words: Markup


def rules_of(page: Page) -> dict[str, PointsRule]:
    """Everything that earns points here, by name, in the order of the modules."""
    return {rule.name: rule for module in page.renderer.runtime.modules for rule in module.points_rules}


def tell_lines(session: Session, page: Page, lines: Sequence[Line]) -> list[Told]:
    """The entries as the page shows them. What an entry was for is named by the slot `points.post`, `points.item` …"""
    ids: dict[str, set[int]] = {}
    for line in lines:
        kind, _, number = line.about.partition(":")
        if number.isdecimal():
            ids.setdefault(kind, set()).add(int(number))
    named = {
        f"{kind}:{number}": words
        for kind, numbers in sorted(ids.items())
        for number, words in page.slots(session, f"points.{kind}", sorted(numbers)).items()
    }
    rules = rules_of(page)
    return [_told(page, line, rules, named.get(line.about, Markup(""))) for line in lines]


def _told(page: Page, line: Line, rules: dict[str, PointsRule], words: Markup) -> Told:
    rule = rules.get(line.rule)
    label = page.text(rule.label if rule else OWN_LABELS.get(line.rule, N_("Points")))
    note = page.text(KIND_LABELS[line.kind]) if line.kind in KIND_LABELS else line.words
    if line.words and line.kind in KIND_LABELS:
        note = f"{line.words} · {note}"
    if line.why:
        note = page.text(N_("taken back: %(why)s"), why=page.text(line.why))
    if line.kind == EntryKind.EARNED and line.amount < line.wanted:
        note = page.text(N_("The most for the time being is reached."))
    url = None
    number = line.about.rpartition(":")[2]
    if rule and rule.route and number.isdecimal():
        params: dict[str, Any] = {rule.param: int(number)}
        url = page.url(rule.route, **params)
    return Told(line, label, note, url if words else None, words)
