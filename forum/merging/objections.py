"""An author of a merged post may object for seven days; staff take the merge back or keep it and say why."""

from datetime import timedelta

from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid, NotAllowed, NotFound
from cocreate.core.text_marks import N_
from forum.events import ObjectionDecided
from forum.merging import tree
from forum.merging.models import Merge, MergeObjection
from forum.merging.views import OBJECTION_DAYS
from forum.posts.models import Post


class TooLate(Conflict):
    code = "objection_too_late"
    message = N_("The seven days to object are over. Write a comment, and staff will see it.")


class NotTheAuthor(NotAllowed):
    code = "not_the_author"
    message = N_("Only the author of a merged post may object.")


class WhyMissing(Invalid):
    code = "why_missing"
    message = N_("Please say in one sentence what is different about yours.")


class AnswerMissing(Invalid):
    code = "answer_missing"
    message = N_("Please say why it stays; the author reads it.")


class DecidedAlready(Conflict):
    code = "objection_decided"
    message = N_("Somebody has decided this already.")


def object_to(session: Session, merge_id: int, sentence: str, *, by: Actor) -> MergeObjection:
    """Note that an author finds their post to be something else; a second sentence changes nothing."""
    if not sentence.strip():
        raise WhyMissing(fields={"sentence": WhyMissing.message})
    merge = session.get(Merge, merge_id)
    if merge is None or merge.undone_at is not None or merge.by_id is None:
        raise NotFound(f"merge {merge_id}")
    group = list(tree.below(session, [merge.source_id]))
    own = select(Post.id).where(col(Post.id).in_(group), Post.author_id == by.id, col(Post.deleted_at).is_(None))
    if session.exec(own.limit(1)).first() is None:
        raise NotTheAuthor(f"merge {merge_id}")
    if clock.now() - merge.at > timedelta(days=OBJECTION_DAYS):
        raise TooLate(f"merge {merge_id}")
    objection = MergeObjection(merge_id=merge_id, member_id=by.member_id, sentence=sentence.strip()[:300])
    if insert_once(session, objection):
        audit.record(session, by, "merge.object", "merge", merge_id)
    return session.exec(
        select(MergeObjection).where(MergeObjection.merge_id == merge_id, MergeObjection.member_id == by.member_id)
    ).one()


def keep_merge(session: Session, objection_id: int, answer: str, *, by: Actor) -> MergeObjection:
    """Leave the merge as it is, for a reason that the author is told."""
    if not answer.strip():
        raise AnswerMissing(fields={"answer": AnswerMissing.message})
    objection = session.get(MergeObjection, objection_id)
    if objection is None:
        raise NotFound(f"objection {objection_id}")
    if objection.decided_at is not None:
        raise DecidedAlready(f"objection {objection_id}")
    objection.decided_at, objection.decided_by_id = clock.now(), by.id
    objection.kept, objection.answer = True, answer.strip()[:300]
    session.add(objection)
    audit.record(session, by, "merge.keep", "merge", objection.merge_id, objection=objection_id)
    outbox.publish(session, ObjectionDecided(objection_id=objection_id))
    return objection
