"""The forum's front door for the rooms above: ids and frozen values in and out, never rows."""

from collections.abc import Iterable

from sqlmodel import Session

from cocreate.core.db import insert_many_once
from forum.boards.queries import BoardRef, boards
from forum.credit import Credit, credit_behind, wished_by
from forum.desk.service import set_status, status_before
from forum.figures import raised_at, votes_before
from forum.follows.queries import Supporters, Tie, people_behind, posts_of
from forum.indexing import post_facts
from forum.merging.queries import group_of, heads_of, members_of_groups
from forum.posts.evidence import Origin, first_words, origins
from forum.posts.models import KIND_LABELS, STATUS_LABELS, PostHold, PostKind, PostStatus, Visibility
from forum.posts.private import add_private_voice
from forum.posts.queries import (
    PostCard,
    PostText,
    models_in_use,
    post_cards,
    post_texts,
    rank_posts,
    top_cards,
    visible_ids,
)
from forum.silence.rules import FIRST_ANSWER
from forum.silence.service import answered as note_answer
from forum.silence.service import unanswered as take_answer_back
from forum.silence.service import wait_on

__all__ = [
    "FIRST_ANSWER",
    "KIND_LABELS",
    "STATUS_LABELS",
    "BoardRef",
    "Credit",
    "Origin",
    "PostCard",
    "PostKind",
    "PostStatus",
    "PostText",
    "Supporters",
    "Tie",
    "Visibility",
    "add_private_voice",
    "boards",
    "credit_behind",
    "first_words",
    "group_ids",
    "heads_of",
    "hold",
    "models_in_use",
    "note_answer",
    "origins",
    "people_behind",
    "post_cards",
    "post_facts",
    "post_texts",
    "posts_of",
    "raised_at",
    "rank_posts",
    "set_status",
    "status_before",
    "take_answer_back",
    "top_cards",
    "visible_ids",
    "votes_before",
    "wait_on",
    "whole_groups",
    "wished_by",
]


def group_ids(session: Session, post_id: int) -> tuple[int, ...]:
    """The post and everything that it is one wish with by merges, the head of the group first."""
    return group_of(session, post_id).post_ids


def whole_groups(session: Session, post_ids: Iterable[int]) -> list[int]:
    """Everything that is one wish with any of these posts, they themselves included."""
    return members_of_groups(session, set(heads_of(session, post_ids).values()))


def hold(session: Session, post_ids: Iterable[int], why: str) -> None:
    """Note that an upper room builds on these posts (a link, a person's decision), so that undoing their import keeps
    them. Holding twice for the same reason changes nothing."""
    insert_many_once(session, [PostHold(post_id=post_id, why=why) for post_id in post_ids])
