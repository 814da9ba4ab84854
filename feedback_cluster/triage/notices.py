"""What triage tells people: owners, why their theme is declined or looked at again; colleagues, that they are named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import reword, tell, told_already, translated
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
CHUNK = 200


def tell_declined(runtime: Runtime, *, decline_id: int) -> None:
    """Job: everybody behind a declined theme's posts hears why, once; nobody when it was taken back in time.

    In steps that other writers can pass. The key names the refusal: a run after a crash adds only what is missing.
    """
    with runtime.database.write() as session:
        decline = mark_told(session, decline_id)
    if decline is None:
        return
    words = {
        "reason": translated(REASON_LABELS[decline.reason]),
        "sentence": decline.sentence,
        "alternative": decline.alternative,
    }
    with runtime.database.read() as session:
        letters = _letters(session, decline)
    for start in range(0, len(letters), CHUNK):
        if not _tell_some(runtime, decline, letters[start : start + CHUNK], words):
            return


def tell_taken_back(runtime: Runtime, *, decline_id: int) -> None:
    """Job: whoever heard the no hears that it no longer holds."""
    with runtime.database.read() as session:
        decline = session.get_one(Decline, decline_id)
        letters = _letters(session, decline)
    for start in range(0, len(letters), CHUNK):
        with runtime.database.write() as session:
            chunk = letters[start : start + CHUNK]
            heard = told_already(session, [letter.member_id for letter in chunk], f"theme.declined:{decline_id}")
            told = [letter for letter in chunk if letter.member_id in heard]
            _tell(session, decline, told, "theme.again", f"theme.again:{decline_id}", {})


@dataclass(frozen=True)
class _Letter:
    """Whom a refusal concerns, and by which post."""

    member_id: int
    own: bool
    post_id: int
    title: str


def _letters(session: Session, decline: Decline) -> list[_Letter]:
    """One for each person; nobody who is behind a merged post of somebody else, or one that only staff may read."""
    ids = posts_declined_by(session, decline)
    posts = {post.id: post for post in forum.post_texts(session, ids=ids)}
    behind = forum.people_behind(session, [post_id for post_id in ids if post_id in posts])
    found = []
    for member_id, post_ids in sorted(behind.members.items()):
        mine = set(behind.authors.get(member_id, ()))
        readable = (one for one in post_ids if one in posts and (one in mine or _open(posts[one])))
        post_id = next(readable, None)
        if post_id is not None:
            found.append(_Letter(member_id, post_id in mine, post_id, _short(posts[post_id].title)))
    return found


def _tell_some(runtime: Runtime, decline: Decline, letters: Sequence[_Letter], words: dict[str, Any]) -> bool:
    """Tell these of the no; False when it no longer holds."""
    with runtime.database.write() as session:
        if mark_told(session, decline.id or 0) is None:
            return False
        _tell(session, decline, letters, "theme.declined", f"theme.declined:{decline.id}", words)
        return True


def _tell(
    session: Session, decline: Decline, letters: Sequence[_Letter], notice: str, key: str, words: dict[str, Any]
) -> None:
    for name, own in (("own", True), ("behind", False)):
        group = [letter for letter in letters if letter.own is own]
        if not group:
            continue
        told = {letter.member_id: {**words, "id": letter.post_id, "what": letter.title} for letter in group}
        urls = {letter.member_id: f"/posts/{letter.post_id}" for letter in group}
        tell(
            session, list(told), f"{notice}.{name}", key=key, params=told, url=urls,
            topic=f"theme:{decline.theme_id}", own=list(told) if own else (),
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
