"""What the forum tells members: the wording, and who hears of what. All listeners are safe to run twice."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session, col, select

from cocreate.core.actor import STAFF
from cocreate.core.module import Notice
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import roles_of
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import tell, translated
from cocreate.notify.preferences.drawing import mute_switches
from cocreate.web.page import Page
from forum.comments.models import Comment
from forum.desk.models import OfficialResponse
from forum.events import CommentAdded, OfficialResponseGiven, PostDeleted, PostEdited, PostHidden, PostStatusChanged
from forum.follows.models import Subscription
from forum.posts.models import STATUS_LABELS, Post, StatusChange, Visibility

_WROTE = N_("Because you wrote #%(id)s.")
_FOLLOW = N_("Because you follow #%(id)s.")
_MERGED = N_("Because you follow #%(own)s, which is part of #%(id)s now.")
_RESPONSE = N_("The brand answered “%(what)s”")
_STATUS = N_("“%(what)s” is now: %(status)s")
_COMMENT = N_("New comment on “%(what)s”")

NOTICES = {
    "forum.response.own": Notice(_RESPONSE, _WROTE),
    "forum.response.followed": Notice(_RESPONSE, _FOLLOW),
    "forum.response.merged": Notice(_RESPONSE, _MERGED),
    "forum.status.own": Notice(_STATUS, _WROTE, N_("%(reason)s")),
    "forum.status.followed": Notice(_STATUS, _FOLLOW, N_("%(reason)s")),
    "forum.status.merged": Notice(_STATUS, _MERGED, N_("%(reason)s")),
    "forum.comment.own": Notice(_COMMENT, _WROTE),
    "forum.comment.followed": Notice(_COMMENT, _FOLLOW),
    "forum.comment.merged": Notice(_COMMENT, _MERGED),
    "forum.comment.reply": Notice(N_("Somebody replied to you on “%(what)s”"), N_("Because you commented on #%(id)s.")),
}
WHAT_CHARACTERS = 40


def tell_about_response(session: Session, event: OfficialResponseGiven) -> None:
    """Author and followers hear that the brand answered."""
    response = session.get(OfficialResponse, event.response_id)
    post = _shown(session, event.post_id)
    if response is None or post is None:
        return
    key = f"post:{post.id}:response:{event.response_id}"
    _tell(session, post, "forum.response", key=key, but=response.author_id, params={}, place="answer")


def tell_about_status(session: Session, event: PostStatusChanged) -> None:
    """Author and followers hear of a step that was set here; a step with a cause is told by whoever caused it."""
    if event.cause_kind is not None:
        return
    for post_id, change_id in zip(event.post_ids, event.change_ids, strict=True):
        change = session.get(StatusChange, change_id)
        post = _shown(session, post_id)
        if change is None or post is None:
            continue
        params = {"status": translated(STATUS_LABELS[change.to_status]), "reason": change.reason}
        key = f"post:{post.id}:status:{change_id}"
        _tell(session, post, "forum.status", key=key, but=change.by_id, params=params, place="trail")


def tell_about_comment(session: Session, event: CommentAdded) -> None:
    """Whom it replies to, the author and followers hear of a comment."""
    comment = session.get(Comment, event.comment_id)
    post = _shown(session, event.post_id)
    if comment is None or comment.deleted_at is not None or comment.hidden_at is not None or post is None:
        return
    key, place = f"comment:{comment.id}", f"c{comment.id}"
    if comment.parent_id is not None:
        parent = session.get(Comment, comment.parent_id)
        answers = parent is not None and parent.author_id != comment.author_id and parent.deleted_at is None
        if parent is not None and answers and _may_open(session, post, parent.author_id):
            # The key is shared: whoever hears of the reply does not hear of the comment once more.
            params = {"id": post.id, "what": _what(post)}
            tell(session, [parent.author_id], "forum.comment.reply", key=key, params=params, url=_url(post, place),
                 topic=f"post:{post.id}")  # fmt: skip
    _tell(session, post, "forum.comment", key=key, but=comment.author_id, params={}, place=place)


def forget_words(session: Session, event: PostDeleted | PostHidden | PostEdited) -> None:
    """Messages about a post that is blanked, hidden or for staff alone now keep its number and lose its words."""
    post = session.get(Post, event.post_id)
    if post is not None and post.public:
        return
    path = f"/posts/{event.post_id}"
    statement = select(InboxMessage).where(
        sa.or_(col(InboxMessage.url) == path, col(InboxMessage.url).startswith(f"{path}#")),
        col(InboxMessage.notice).startswith("forum."),
    )
    if post is not None and post.deleted_at is None:
        # Its author may open it still.
        statement = statement.where(col(InboxMessage.member_id) != (post.author_id or 0))
    for message in session.exec(statement):
        message.params = {**message.params, "what": f"#{event.post_id}"}
        session.add(message)


def on_post_pages(session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
    """Slot: whoever was told something about a post may mute it there."""
    return mute_switches(session, page, "post", ids, "/posts/")


def _shown(session: Session, post_id: int) -> Post | None:
    post = session.get(Post, post_id)
    return post if post is not None and post.deleted_at is None and post.hidden_at is None else None


def _may_open(session: Session, post: Post, member_id: int) -> bool:
    if post.visibility == Visibility.PUBLIC or member_id == post.author_id:
        return True
    return bool(STAFF.intersection(roles_of(session, [member_id]).get(member_id, ())))


def _tell(
    session: Session, post: Post, notice: str, *, key: str, but: int | None, params: dict[str, Any], place: str
) -> None:
    values = {"id": post.id, "what": _what(post), **params}
    # Who follows what was merged into it hears as well; of what is said below a merged post only its own followers.
    place_of = Subscription.root_id if post.merged_into_id is None else Subscription.post_id
    rows = session.exec(
        select(Subscription.member_id, Subscription.post_id).where(
            place_of == post.id, col(Subscription.root_id).is_not(None)
        )
    ).all()
    through = dict(rows)
    through.update((member_id, post_id) for member_id, post_id in rows if post_id == post.id)
    followers = set(through)
    if post.visibility == Visibility.STAFF:
        # Only its author and staff may open it; staff see it on their desk.
        followers &= {post.author_id or 0}
    owner = {post.author_id} if post.author_id in followers and post.author_id is not None else set()
    url, topic = _url(post, place), f"post:{post.id}"
    # What the brand does with somebody's words always reaches them at once; talk below them may wait for a digest.
    mine = owner if notice != "forum.comment" else set()
    tell(session, owner - {but}, f"{notice}.own", key=key, params=values, url=url, topic=topic, own=mine)
    followers -= {*owner, but}
    direct = {member_id for member_id in followers if through[member_id] == post.id}
    tell(session, direct, f"{notice}.followed", key=key, params=values, url=url, topic=topic)
    merged = {member_id: {**values, "own": through[member_id]} for member_id in followers - direct}
    wrote = _authors(session, through, merged) if notice != "forum.comment" else []
    tell(session, merged, f"{notice}.merged", key=key, params=merged, url=url, topic=topic, own=wrote)


def _authors(session: Session, through: dict[int, int], members: Iterable[int]) -> list[int]:
    """Those of the members who wrote the merged post through which they hear of it."""
    ids = {through[member_id] for member_id in members}
    statement = select(Post.id, Post.author_id).where(col(Post.id).in_(ids)) if ids else None
    wrote = dict(session.exec(statement).all()) if statement is not None else {}
    return [member_id for member_id in members if wrote.get(through[member_id]) == member_id]


def _what(post: Post) -> str:
    return post.title if len(post.title) <= WHAT_CHARACTERS else post.title[: WHAT_CHARACTERS - 1] + "…"


def _url(post: Post, place: str) -> str:
    return f"/posts/{post.id}#{place}"
