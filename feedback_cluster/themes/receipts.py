"""The clock of a receipt: it runs from the handing over of a theme until its department says that it has it."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, select

from cocreate.clocks import service as clocks
from cocreate.clocks.rules import Queue
from cocreate.core.text_marks import N_
from feedback_cluster.themes.models import Handover, Theme


def _titles(session: Session, ids: Sequence[int]) -> Mapping[int, str]:
    rows = session.exec(select(Theme.id, Theme.name).where(col(Theme.id).in_(list(ids))))
    return {theme_id or 0: name for theme_id, name in rows}


RECEIPT = "theme.receipt"
QUEUE = Queue(
    RECEIPT, N_("Receipt of themes by departments"), hours=18, warn_hours=6, period_hours=18, titles=_titles,
    list_url="/themes?view=department",
)  # fmt: skip


def handover_of(session: Session, theme: Theme) -> Handover | None:
    """How the theme came to the department that has it; None when none does."""
    return session.get(Handover, theme.handover_id) if theme.handover_id else None


def settle_receipt(session: Session, theme: Theme) -> None:
    """Let the clock say what holds now; settling twice changes nothing."""
    theme_id, handover = theme.id or 0, handover_of(session, theme)
    view = clocks.read(session, RECEIPT, [theme_id]).get(theme_id)
    running = view if view is not None and view.open else None
    if handover is None:
        if running:
            clocks.stop(session, RECEIPT, theme_id, answered=False)
        return
    if handover.received_at is not None:
        clocks.stop(session, RECEIPT, theme_id, at=handover.received_at, by=handover.received_by_id)
        return
    if running and (running.started_at, running.department_id) != (handover.at, handover.department_id):
        clocks.stop(session, RECEIPT, theme_id, answered=False)
        running = None
    if running is None:
        clocks.start(
            session, RECEIPT, theme_id, at=handover.at, department_id=handover.department_id,
            member_id=theme.assignee_id, url=f"/themes/{theme_id}", title=theme.name,
        )  # fmt: skip
    elif running.member_id != theme.assignee_id:
        clocks.assign(
            session, RECEIPT, theme_id, department_id=handover.department_id, member_id=theme.assignee_id
        )  # fmt: skip
