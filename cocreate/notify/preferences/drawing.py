"""The switch that mutes what a page is about, for rooms above to put into the slots of their pages."""

from collections.abc import Sequence

from markupsafe import Markup
from sqlmodel import Session, col, select

from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.preferences.service import muted
from cocreate.web.page import Page


def mute_switches(session: Session, page: Page, kind: str, ids: Sequence[int], path: str) -> dict[int, Markup]:
    """The switch for each of these posts or items of which the reader was told something; `path` is what their
    addresses begin with."""
    if not page.actor.signed_in or not ids:
        return {}
    topics = {f"{kind}:{one}": one for one in ids}
    heard = select(InboxMessage.topic).where(
        InboxMessage.member_id == page.actor.member_id, col(InboxMessage.topic).in_(list(topics))
    )
    quiet = set(muted(session, page.actor.member_id, topics))
    told = quiet.union(session.exec(heard.distinct()))
    return {
        topics[topic]: page.fragment(
            "notify/_mute_line.html", topic=topic, muted=topic in quiet, next=f"{path}{topics[topic]}"
        )
        for topic in sorted(told)
    }
