"""What authors and voters of a merged post are told: once, with the arithmetic, and reworded when things change."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import STAFF
from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import roles_of
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import reword, tell
from forum.events import ObjectionDecided, PostDeleted, PostEdited, PostHidden
from forum.merging import tree
from forum.merging.models import Merge, MergeObjection, Split
from forum.merging.queries import newest_merge
from forum.merging.splitting import part_ids
from forum.posts.models import Post, Visibility
from forum.votes.models import Vote

REWORDED_WITHIN = timedelta(days=1)
"""A message that is unread or younger than this says what holds now, instead of being followed by a second one."""
_TITLE = N_("“%(own)s” and “%(what)s” are one wish now")
_SUM = N_(
    "%(posts)s posts count together: %(source)s + %(target)s votes, %(both)s people had voted for both, together"
    " %(together)s. Your words stay as they are. %(reason)s"
)
OWN, VOTED, UNDONE = "forum.merged.own", "forum.merged.voted", "forum.merged.undone"
MERGED = (OWN, VOTED, UNDONE)
SPLIT = "forum.split"
NOTICES = {
    OWN: Notice(_TITLE, N_("Because you wrote #%(post)s. You can object within seven days."), _SUM),
    VOTED: Notice(_TITLE, N_("Because you voted for #%(post)s."), _SUM),
    UNDONE: Notice(N_("“%(own)s” stands by itself again"), N_("Because you wrote #%(post)s or voted for it."),
                   N_("It was merged with another post for a while. Every vote is where it was.")),
    SPLIT: Notice(N_("“%(own)s” was split into %(count)s posts"), N_("Because you wrote #%(post)s or voted for it."),
                  N_("Your vote stays where it is. If you mean one of the parts, vote there as well.")),
    "forum.objection.granted": Notice(
        N_("“%(own)s” stands by itself again: you were right"), N_("Because you objected to a merge.")
    ),
    "forum.objection.kept": Notice(
        N_("“%(own)s” stays together with “%(what)s”"), N_("Because you objected to a merge."), N_("%(answer)s")
    ),
}  # fmt: skip
CHUNK = 200


def tell_merge(runtime: Runtime, *, merge_id: int) -> None:
    """Job: one message to each author and voter of what was merged, unless it was taken back meanwhile."""
    with runtime.database.read() as session:
        merge = session.get(Merge, merge_id)
        if merge is None or merge.undone_at is not None:
            return
        reasons = _reasons(session, list(tree.below(session, [merge.source_id])))
    members = sorted(reasons.keys() - {merge.by_id})
    for start in range(0, len(members), CHUNK):
        chunk = members[start : start + CHUNK]
        with runtime.database.write() as session:
            told = _reword(session, chunk, {post_id for member in chunk for post_id in reasons[member]})
            _tell(session, merge, {member: reasons[member] for member in chunk if member not in told})


def tell_unmerge(runtime: Runtime, *, merge_id: int) -> None:
    """Job: messages about a merge that was taken back say so, or what holds instead; no new ones are sent."""
    with runtime.database.read() as session:
        merge = session.get(Merge, merge_id)
        if merge is None:
            return
        posts = set(tree.below(session, [merge.source_id]))
        members = sorted(_reasons(session, list(posts)))
    for start in range(0, len(members), CHUNK):
        with runtime.database.write() as session:
            _reword(session, members[start : start + CHUNK], posts, always=True)


def tell_split(session: Session, *, split_id: int) -> None:
    """Job: author and voters of a post that was split are asked which part they mean, unless it was taken back."""
    split = session.get(Split, split_id)
    if split is None or split.undone_at is not None:
        return
    post = session.get_one(Post, split.post_id)
    count = len(part_ids(session, split_id))
    members = sorted(_reasons(session, [split.post_id]).keys() - {split.by_id})
    words = {member: {"post": post.id, "own": _title(session, post, member), "count": count} for member in members}
    tell(session, members, SPLIT, key=f"split:{split_id}", params=words, url=f"/posts/{post.id}",
         topic=f"post:{post.id}", own=[post.author_id] if post.author_id else ())  # fmt: skip


def tell_objector(session: Session, event: ObjectionDecided) -> None:
    """The author hears what became of the objection, once."""
    objection = session.get(MergeObjection, event.objection_id)
    merge = session.get(Merge, objection.merge_id) if objection else None
    if objection is None or merge is None:
        return
    head_id = tree.head(session, merge.target_id)
    posts = _posts(session, [merge.source_id, head_id])
    source, head = posts[merge.source_id], posts[head_id]
    params = {
        "post": source.id, "own": _title(session, source, objection.member_id),
        "what": _title(session, head, objection.member_id), "answer": objection.answer,
    }  # fmt: skip
    notice = "forum.objection.kept" if objection.kept else "forum.objection.granted"
    key = f"objection:{objection.id}:{'kept' if objection.kept else 'granted'}"
    # A message leads to the post whose title it quotes as `what`, by which it is found when that must be forgotten.
    url = _url(session, head, source.id or 0, objection.member_id) if objection.kept else f"/posts/{source.id}"
    tell(session, [objection.member_id], notice, key=key, params=params, url=url,
         topic=f"post:{source.id}", own=[objection.member_id])  # fmt: skip


def forget_own(session: Session, event: PostDeleted | PostHidden | PostEdited) -> None:
    """Messages lose the title of a merged post that is blanked, hidden or for staff alone now."""
    post = session.get(Post, event.post_id)
    if post is None or not post.public:
        reword(session, list(NOTICES), "post", event.post_id, own=f"#{event.post_id}")


def _reasons(session: Session, post_ids: Sequence[int]) -> dict[int, dict[int, bool]]:
    """Member → the posts for which they hear of a merge, and whether they wrote them."""
    found: dict[int, dict[int, bool]] = {}
    for chunk in tree.chunks(sorted(post_ids)):
        votes = select(Vote.member_id, Vote.post_id).where(col(Vote.post_id).in_(chunk), col(Vote.root_id).is_not(None))
        for member_id, post_id in session.exec(votes):
            found.setdefault(member_id, {}).setdefault(post_id, False)
        authors = columns(Post.author_id, Post.id).where(
            col(Post.id).in_(chunk), col(Post.author_id).is_not(None), col(Post.deleted_at).is_(None)
        )
        for author_id, post_id in session.exec(authors):
            found.setdefault(author_id, {})[post_id] = True
    return found


def _reword(session: Session, members: Sequence[int], post_ids: Iterable[int], *, always: bool = False) -> set[int]:
    """Bring recent or unread messages about these posts up to date; the members who have one.

    always: also older messages that were read, so that none says what holds no more.
    """
    wanted, had = set(post_ids), set()
    fresh = sa.or_(
        col(InboxMessage.read_at).is_(None), col(InboxMessage.created_at) > clock.now() - REWORDED_WITHIN
    )  # fmt: skip
    statement = select(InboxMessage).where(
        col(InboxMessage.member_id).in_(list(members)), col(InboxMessage.notice).in_(MERGED)
    )
    for message in session.exec(statement if always else statement.where(fresh)):
        post_id = message.params.get("post", 0)
        if post_id not in wanted:
            continue
        had.add(message.member_id)
        merge = newest_merge(session, post_id)
        if merge is None:
            message.notice, message.url = UNDONE, f"/posts/{post_id}"
        else:
            own = session.get_one(Post, post_id).author_id == message.member_id
            message.params, message.url = _words(session, merge, post_id, message.member_id)
            message.notice = OWN if own else VOTED
        session.add(message)
    return had


def _tell(session: Session, merge: Merge, reasons: dict[int, dict[int, bool]]) -> None:
    for member, posts in reasons.items():
        post_id = min(posts, key=lambda one: (not posts[one], one))
        params, url = _words(session, merge, post_id, member)
        wrote = posts[post_id]
        tell(
            session, [member], OWN if wrote else VOTED, key=f"merge:{merge.id}", params=params, url=url,
            topic=f"post:{post_id}", own=[member] if wrote else (),
        )  # fmt: skip


def _words(session: Session, merge: Merge, post_id: int, member_id: int) -> tuple[dict[str, Any], str]:
    head_id = tree.head(session, post_id)
    posts = _posts(session, [post_id, head_id])
    head = posts[head_id]
    params = {
        **merge.sums, "post": post_id, "own": _title(session, posts[post_id], member_id),
        "what": _title(session, head, member_id), "merge": merge.id,
        # The reason speaks of both posts, so it is for those who may read both.
        "reason": merge.reason if _readable(session, head, member_id) else "",
    }  # fmt: skip
    return params, _url(session, head, post_id, member_id)


def _url(session: Session, head: Post, post_id: int, member_id: int) -> str:
    """The merged post where it stands below its head, or by itself for whoever may not read that."""
    return f"/posts/{head.id}#p{post_id}" if _readable(session, head, member_id) else f"/posts/{post_id}"


def _readable(session: Session, post: Post, member_id: int) -> bool:
    if post.public or (post.author_id == member_id and post.deleted_at is None):
        return True
    if post.visibility == Visibility.STAFF and post.deleted_at is None and post.hidden_at is None:
        return bool(STAFF.intersection(roles_of(session, [member_id]).get(member_id, ())))
    return False


def _title(session: Session, post: Post, member_id: int) -> str:
    """The title as this member may read it; the number alone otherwise."""
    if not _readable(session, post, member_id):
        return f"#{post.id}"
    return post.title if len(post.title) <= 40 else post.title[:39] + "…"


def _posts(session: Session, ids: Sequence[int]) -> dict[int, Post]:
    return {post.id or 0: post for post in session.exec(select(Post).where(col(Post.id).in_(list(ids))))}
