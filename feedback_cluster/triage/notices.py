"""What triage tells people: owners, why their theme is declined or looked at again; colleagues, that they are named."""

from typing import Any

from sqlmodel import Session

from cocreate.core.module import Notice
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import reword, tell, translated
from feedback_cluster.themes.declining import mark_told, posts_declined_by
from feedback_cluster.themes.models import REASON_LABELS, Decline
from forum import api as forum
from forum.events import PostDeleted, PostEdited, PostHidden

_WROTE, _BEHIND = N_("Because you wrote #%(id)s."), N_("Because you stand behind #%(id)s.")
_DECLINED, _AGAIN = N_("“%(what)s” will not be done"), N_("“%(what)s” is looked at again")
_WHY = N_("%(reason)s: %(sentence)s %(alternative)s")
_SORRY = N_("We have taken our no back. You hear from us when there is a decision.")
NOTICES = {
    "theme.declined.own": Notice(_DECLINED, _WROTE, _WHY, group="own"),
    "theme.declined.behind": Notice(_DECLINED, _BEHIND, _WHY, group="followed"),
    "theme.again.own": Notice(_AGAIN, _WROTE, _SORRY, group="own"),
    "theme.again.behind": Notice(_AGAIN, _BEHIND, _SORRY, group="followed"),
    "theme.mention": Notice(
        N_("%(who)s names you in a note on “%(theme)s”"), N_("Because a note mentions you."), group="work"
    ),
}
QUOTING = ("theme.declined.own", "theme.declined.behind", "theme.again.own", "theme.again.behind")
WHAT_CHARACTERS = 40


def tell_declined(session: Session, *, decline_id: int) -> None:
    """Job: everybody behind a declined theme's posts hears why, once; nobody when it was taken back in time."""
    decline = mark_told(session, decline_id)
    if decline is None:
        return
    words = {
        "reason": translated(REASON_LABELS[decline.reason]),
        "sentence": decline.sentence,
        "alternative": decline.alternative,
    }
    _tell(session, decline, "theme.declined", f"theme.declined:{decline_id}", words)


def tell_taken_back(session: Session, *, decline_id: int) -> None:
    """Job: whoever heard the no hears that it no longer holds."""
    decline = session.get_one(Decline, decline_id)
    _tell(session, decline, "theme.again", f"theme.again:{decline_id}", {})


def _tell(session: Session, decline: Decline, notice: str, key: str, words: dict[str, Any]) -> None:
    ids = posts_declined_by(session, decline)
    titles = {post.id: post for post in forum.post_texts(session, ids=ids)}
    behind = forum.people_behind(session, [post_id for post_id in ids if post_id in titles])
    own: dict[int, dict[str, Any]] = {}
    others: dict[int, dict[str, Any]] = {}
    for member_id, post_ids in behind.members.items():
        mine = behind.authors.get(member_id, [])
        readable = [
            post_id for post_id in post_ids if post_id in titles and (post_id in mine or _open(titles[post_id]))
        ]
        if not readable:
            continue  # behind a merged post of somebody else, or one that only staff may read
        post_id = readable[0]
        goal = own if post_id in mine else others
        goal[member_id] = {**words, "id": post_id, "what": _short(titles[post_id].title)}
    url = {member_id: f"/posts/{told['id']}" for member_id, told in {**own, **others}.items()}
    for name, group in (("own", own), ("behind", others)):
        for post_id in sorted({told["id"] for told in group.values()}):
            told = {member_id: values for member_id, values in group.items() if values["id"] == post_id}
            tell(
                session, told, f"{notice}.{name}", key=key, params=told, url=url[next(iter(told))],
                topic=f"theme:{decline.theme_id}", own=told if name == "own" else (),
            )  # fmt: skip


def _open(post: forum.PostText) -> bool:
    return post.visibility is forum.Visibility.PUBLIC


def _short(title: str) -> str:
    return title if len(title) <= WHAT_CHARACTERS else title[: WHAT_CHARACTERS - 1] + "…"


def forget_words(session: Session, event: PostDeleted | PostHidden | PostEdited) -> None:
    """Messages about a post that is blanked, hidden or for staff alone now keep its number and lose its words."""
    posts = forum.post_texts(session, ids=[event.post_id])
    if not posts or not _open(posts[0]):
        reword(session, QUOTING, "id", event.post_id, what=f"#{event.post_id}")
