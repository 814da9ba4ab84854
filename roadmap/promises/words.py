"""How promises speak: labels of states, kinds and acts, and days said no more exactly than they were promised."""

from datetime import date

from babel.dates import format_date, format_skeleton

from cocreate.core.text_marks import N_
from cocreate.web.i18n import Translator
from roadmap.items.windows import window_of
from roadmap.promises.models import PromiseAct, PromiseKind, PromiseState

STATE_LABELS = {
    PromiseState.OPEN: N_("Standing"),
    PromiseState.KEPT: N_("Kept"),
    PromiseState.LATE: N_("Late"),
    PromiseState.DROPPED: N_("Dropped"),
}
STATE_PILLS = {
    PromiseState.OPEN: "planned",
    PromiseState.KEPT: "shipped",
    PromiseState.LATE: "started",
    PromiseState.DROPPED: "declined",
}
"""The shape and colour in which a state is drawn."""
KIND_LABELS = {
    PromiseKind.ITEM: N_("Roadmap"),
    PromiseKind.RELEASE: N_("Releases"),
    PromiseKind.SERVICE: N_("Service"),
    PromiseKind.LIVE: N_("Said on air"),
}
ACT_LABELS = {
    PromiseAct.MADE: N_("Promised"),
    PromiseAct.MOVED: N_("Date moved"),
    PromiseAct.REWORDED: N_("Worded anew"),
    PromiseAct.MEASURED: N_("Measured"),
    PromiseAct.LATE: N_("The day has passed"),
    PromiseAct.EXPLAINED: N_("Why it is late"),
    PromiseAct.KEPT: N_("Delivered"),
    PromiseAct.DROPPED: N_("Given up"),
}


def day(translator: Translator, value: date) -> str:
    """2026年9月30日."""
    return format_date(value, "long", locale=translator.locale)


def when(translator: Translator, starts_on: date | None, due_on: date | None) -> str:
    """A window as it was promised: a day, a month, a quarter, or from one day to another; empty for none."""
    window = window_of(starts_on, due_on)
    if window is None:
        return ""
    if window.precision == "day":
        return day(translator, window.last)
    if window.precision in ("month", "quarter"):
        skeleton = "yMMMM" if window.precision == "month" else "yQQQQ"
        return format_skeleton(skeleton, window.last, locale=translator.locale)
    return f"{day(translator, window.first)} – {day(translator, window.last)}"
