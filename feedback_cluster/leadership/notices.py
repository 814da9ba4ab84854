"""A leader's answer reaches everybody behind a theme, once, with the sentence that makes it theirs."""

from collections import defaultdict
from typing import Any

from sqlmodel import Session, select

from cocreate.core import clock
from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import NOBODY, people
from cocreate.notify.inbox.service import reword, tell, translated
from feedback_cluster.leadership.models import LeaderAnswer
from feedback_cluster.themes.cards import theme_cards
from feedback_cluster.themes.models import Answer, AnswerState
from feedback_cluster.themes.queries import get_theme, post_ids_of, resolve
from forum import api as forum
from forum.api import Supporters, Visibility
from forum.events import PostDeleted, PostEdited, PostHidden

_TITLE = N_("%(who)s answers what you and others said about “%(theme)s”")
_BODY = N_("%(text)s")
NO_TITLE = N_("(not shown any more)")
UNNAMED = N_("your feedback")
WROTE, VOTED, FOLLOWS = "leadership.wrote", "leadership.voted", "leadership.follows"
NOTICES = {
    WROTE: Notice(_TITLE, N_("Because you wrote #%(post)s: %(title)s"), _BODY, group="own"),
    VOTED: Notice(_TITLE, N_("Because you voted for #%(post)s: %(title)s"), _BODY, group="stages"),
    FOLLOWS: Notice(_TITLE, N_("Because you follow #%(post)s: %(title)s"), _BODY, group="followed"),
}
CHUNK = 200
SHOWN = 300
"""Characters of an answer that a message holds; all of it stands on the post."""


def tell_answer(runtime: Runtime, *, answer_id: int) -> None:
    """Job: one message to each author, voter and follower behind the theme, in chunks that other writers can pass.

    The key names the answer: a second run after a crash adds only what is missing, and somebody who stands behind
    three posts gets one.
    """
    with runtime.database.read() as session:
        answer = session.get(Answer, answer_id)
        given = session.exec(select(LeaderAnswer).where(LeaderAnswer.answer_id == answer_id)).first()
        if answer is None or given is None or given.told_at is not None or answer.state is not AnswerState.PUBLISHED:
            return
        theme = get_theme(session, resolve(session, answer.theme_id))
        behind = forum.people_behind(session, post_ids_of(session, [theme.id or 0])[theme.id or 0])
        leader = people(session, [answer.by_id]).get(answer.by_id or 0, NOBODY)
        words = {
            "who": f"{leader.name} · {leader.title}" if leader.title else leader.name,
            # What only staff may read may stand in the name of a theme that speaks for nobody in public.
            "theme": theme.name if theme_cards(session, [theme.id or 0])[theme.id or 0].public else translated(UNNAMED),
            "text": answer.text if len(answer.text) <= SHOWN else answer.text[: SHOWN - 1] + "…",
        }
        key, topic = f"theme:{theme.id}:answer:{answer_id}", f"theme:{theme.id}"
    members = sorted(behind.members)
    for start in range(0, len(members), CHUNK):
        with runtime.database.write() as session:
            _tell(session, behind, members[start : start + CHUNK], words, key=key, topic=topic)
    with runtime.database.write() as session:
        row = session.get_one(LeaderAnswer, (given.monday, given.theme_id))
        row.told_at, row.told = clock.now(), len(members)
        session.add(row)


def forget_title(session: Session, event: PostDeleted | PostHidden | PostEdited) -> None:
    """Messages lose the title of a post that is blanked, and but for its author of one that others may not open now."""
    if any(post.visibility == Visibility.PUBLIC for post in forum.post_texts(session, ids=[event.post_id])):
        return
    told = list(NOTICES) if isinstance(event, PostDeleted) else [VOTED, FOLLOWS]
    reword(session, told, "post", event.post_id, title=translated(NO_TITLE))


def _tell(
    session: Session, behind: Supporters, members: list[int], words: dict[str, Any], *, key: str, topic: str
) -> None:
    first = {member: (behind.authors.get(member) or behind.members[member])[0] for member in members}
    texts = {post.id: post for post in forum.post_texts(session, ids=sorted(set(first.values())))}
    groups: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for member, post_id in first.items():
        wrote = member in behind.authors
        post = texts.get(post_id)
        shown = post is not None and (wrote or post.visibility == Visibility.PUBLIC)
        notice = WROTE if wrote else VOTED if member in behind.voters else FOLLOWS
        title = post.title if post and shown else translated(NO_TITLE)
        groups[notice][member] = {**words, "post": post_id, "title": title}
    for notice, params in groups.items():
        own = list(params) if notice == WROTE else []
        urls = {member: f"/posts/{first[member]}" for member in params}
        tell(session, list(params), notice, key=key, params=params, url=urls, topic=topic, own=own)
