"""The switch that mutes what a page is about, for rooms above to put into the slots of their pages."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session, col

from cocreate.core.statements import prepared
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.preferences.models import MutedTopic
from cocreate.web.page import Page


def mute_switches(session: Session, page: Page, kind: str, ids: Sequence[int], path: str) -> dict[int, Markup]:
    """The switch for each of these posts or items of which the reader was told something; `path` is what their
    addresses begin with."""
    if not page.actor.signed_in or not ids:
        return {}
    topics = {f"{kind}:{one}": one for one in ids}
    told: dict[str, bool] = {}
    for topic, muted in _told(session, member_id=page.actor.member_id, topics=list(topics)):
        told[topic] = told.get(topic, False) or bool(muted)
    return {
        topics[topic]: page.fragment(
            "notify/_mute_line.html", topic=topic, muted=told[topic], next=f"{path}{topics[topic]}"
        )
        for topic in sorted(told)
    }


@prepared
def _told(*, member_id: int, topics: Sequence[str]) -> Any:
    """Topics of which the member was told something or wants to hear nothing, and whether it is that."""
    heard = sa.select(col(InboxMessage.topic), sa.false()).where(
        col(InboxMessage.member_id) == member_id, col(InboxMessage.topic).in_(topics)
    )
    quiet = sa.select(col(MutedTopic.topic), sa.true()).where(
        col(MutedTopic.member_id) == member_id, col(MutedTopic.topic).in_(topics)
    )
    return heard.union(quiet)
