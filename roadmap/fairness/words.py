"""How a check speaks: one sentence per neighbour, with its number."""

from datetime import date
from typing import Any

from cocreate.core.text_marks import N_
from cocreate.web.i18n import Translator
from roadmap.fairness.models import AnnouncementAct, AnnouncementKind, AnnouncementState
from roadmap.fairness.rules import Rule, Side

KIND_LABELS = {
    AnnouncementKind.PRICE: N_("Price"),
    AnnouncementKind.BENEFIT: N_("Benefit"),
    AnnouncementKind.CONFIGURATION: N_("Configuration"),
}
STATE_LABELS = {
    AnnouncementState.DRAFT: N_("Draft"),
    AnnouncementState.APPROVED: N_("Approved"),
    AnnouncementState.PUBLISHED: N_("Published"),
    AnnouncementState.WITHDRAWN: N_("Withdrawn"),
}
STATE_PILLS = {
    AnnouncementState.DRAFT: "reviewing",
    AnnouncementState.APPROVED: "planned",
    AnnouncementState.PUBLISHED: "shipped",
    AnnouncementState.WITHDRAWN: "declined",
}
ACT_LABELS = {
    AnnouncementAct.WRITTEN: N_("Written"),
    AnnouncementAct.EDITED: N_("Edited"),
    AnnouncementAct.APPROVED: N_("Approved by a second person"),
    AnnouncementAct.PUBLISHED: N_("Published"),
    AnnouncementAct.WITHDRAWN: N_("Withdrawn"),
}
SENTENCES = {
    Side.YEAR_BEFORE: N_("%(num)s owners of model year %(span)s, the one before, get %(what)s."),
    Side.YEAR_AFTER: N_("%(num)s owners of model year %(span)s, the one after, get %(what)s."),
    Side.ORDERED_BEFORE: N_("%(num)s owners who ordered before, %(span)s, get %(what)s."),
    Side.ORDERED_AFTER: N_("%(num)s owners who ordered after, %(span)s, get %(what)s."),
    Side.ORDER_UNKNOWN: N_("Of %(num)s owners we do not know when they ordered. Whether they get it cannot be told."),
    Side.HARDWARE: N_("%(num)s owners of the same cars in another configuration, such as %(span)s, get %(what)s."),
    Side.REGION: N_("%(num)s owners of the same cars elsewhere, such as in %(span)s, get %(what)s."),
    Side.UNVERIFIED: N_("%(num)s owners whose car is not verified yet get %(what)s."),
}
NOTHING, LESS, SOME = N_("nothing"), N_("less"), N_("nothing or less")


def sentence(translator: Translator, found: dict[str, Any]) -> str:
    """What a check says of one neighbour, as `service.figures` keeps it: so many owners get nothing."""
    what = NOTHING if not found["part"] else LESS if found["part"] == found["owners"] else SOME
    first, last = found["first"], found["last"]
    if found["side"] in (Side.ORDERED_BEFORE, Side.ORDERED_AFTER):
        first, last = date.fromisoformat(first), date.fromisoformat(last)
    return translator.gettext(
        SENTENCES[Side(found["side"])], num=translator.number(found["owners"]),
        span=_span(translator, first, last), what=translator.gettext(what),
    )  # fmt: skip


def conditions(translator: Translator, rule: Rule) -> str:
    """A rule in words: 极境, 2022, 2022年1月1日 – 2022年12月31日."""
    comma = translator.gettext(N_(", "))
    parts = [comma.join(names) for names in (rule.models, rule.hardware, rule.regions) if names]
    if rule.year_from or rule.year_to:
        parts.insert(
            1 if rule.models else 0,
            translator.gettext(N_("model year %(span)s"), span=_span(translator, rule.year_from, rule.year_to)),
        )
    if rule.ordered_from or rule.ordered_to:
        parts.append(
            translator.gettext(N_("ordered %(span)s"), span=_span(translator, rule.ordered_from, rule.ordered_to))
        )
    if rule.verified:
        parts.append(translator.gettext(N_("verified")))
    return " · ".join(parts) if parts else translator.gettext(N_("all cars"))


def _span(translator: Translator, first: Any, last: Any) -> str:
    said = [translator.calendar_day(one) if isinstance(one, date) else str(one or "…") for one in (first, last)]
    return said[0] if first == last else " – ".join(said)
