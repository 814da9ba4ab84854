"""What the question adds to an item's page: the result, and one's own reply."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlmodel import Session

from cocreate.web.page import Page
from roadmap.followup import queries
from roadmap.followup.models import Outcome
from roadmap.followup.rules import PUBLIC_FROM, REPLY_LABELS


def on_item_pages(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """item.page: how many call it solved (staff always, everybody from 20 replies on), and what the reader replied."""
    rounds = queries.rounds_of(session, ids)
    round_ids = [row.id or 0 for row in rounds.values()]
    tallies = queries.tallies(session, round_ids) if rounds else {}
    staff = page.actor.can("roadmap.edit")
    mine = queries.open_asks(session, page.actor.member_id, round_ids) if rounds and page.actor.signed_in else {}
    drawn: dict[int, Markup] = {}
    if staff:
        drawn = {item_id: page.fragment("roadmap/followup/_later.html", item_id=item_id) for item_id in ids}
    for item_id, row in rounds.items():
        tally, own = tallies[row.id or 0], mine.get(row.id or 0)
        shown = staff or tally.replies >= PUBLIC_FROM
        if shown or own is not None:
            drawn[item_id] = page.fragment(
                "roadmap/followup/_result.html", row=row, tally=tally if shown else None, own=own, staff=staff,
                item_id=item_id, labels=REPLY_LABELS, over=row.outcome is Outcome.REOPENED, hidden=PUBLIC_FROM,
            )  # fmt: skip
    return drawn
