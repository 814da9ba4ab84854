"""What those behind an item are told at each of its steps: once per person, with the reason why they get it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.core import outbox
from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import reword, tell, told_already, translated
from cocreate.notify.preferences.drawing import mute_switches
from cocreate.web.markdown import plain
from cocreate.web.page import Page
from forum import api as forum
from forum.api import Supporters, Visibility
from forum.events import PostDeleted, PostEdited, PostHidden
from roadmap.applicability.rules import Verdict, best
from roadmap.applicability.service import cars_of, verdicts
from roadmap.applicability.words import FACT_LABELS
from roadmap.boards.audience import readers_among
from roadmap.items.models import ItemChange, RoadmapItem
from roadmap.items.stages import STAGE_NEWS
from roadmap.links import supporters

TITLE = N_("“%(item)s” %(news)s")
BODY = "%(sentence)s"
NO_TITLE = N_("(not shown any more)")
"""Stands where the title of a post was that the reader may not open any more."""
WROTE, VOTED, FOLLOWS = "roadmap.step.wrote", "roadmap.step.voted", "roadmap.step.follows"
NOTICES = {
    WROTE: Notice(TITLE, N_("Because you wrote #%(post)s: %(title)s"), BODY, group="stages"),
    VOTED: Notice(TITLE, N_("Because you voted for #%(post)s: %(title)s"), BODY, group="stages"),
    FOLLOWS: Notice(TITLE, N_("Because you follow #%(post)s: %(title)s"), BODY, group="stages"),
}
_AND = N_("%(one)s and %(other)s")
CHUNK = 200
PAUSE_SECONDS = 0.05
"""Between two chunks: other writers and the pages have a turn."""
QUOTE_CHARACTERS = 120
Letters = Mapping[str, Mapping[int, Mapping[str, Any]]]
"""By notice and member, the words of messages."""


@dataclass(frozen=True)
class Step:
    """What all messages about one step have in common."""

    item_id: int
    key: str
    words: dict[str, Any]


def queue_messages(session: Session, item: RoadmapItem, change: ItemChange) -> None:
    """Have a step told to those behind the item who may read it. Not from a listener: with a step go the events of
    thousands of posts, and people need not wait for these."""
    if item.shown:
        key = f"roadmap.tell:{change.id}"
        outbox.enqueue(session, "roadmap.tell_supporters", lane=outbox.MESSAGES, key=key, change_id=change.id)


def tell_supporters(runtime: Runtime, *, change_id: int) -> None:
    """Job: one message to each author, voter and follower behind the item, in chunks that other writers can pass.

    Each message's key names item, stage and occurrence: a second run after a crash looks for those who have none yet,
    and somebody who stands behind three posts of the item still gets one.
    """
    with runtime.database.read() as session:
        change = session.get(ItemChange, change_id)
        item = session.get(RoadmapItem, change.item_id) if change else None
        if change is None or item is None or not item.shown:
            return
        behind = supporters.behind(session, item)
        members = sorted(readers_among(session, item, behind.members))
        step = Step(item.id or 0, message_key(change), wording(item, change))
    for start in range(0, len(members), CHUNK):
        with runtime.database.read() as session:
            chunk = members[start : start + CHUNK]
            had = told_already(session, chunk, step.key)
            letters = by_reason(session, behind, [member for member in chunk if member not in had], step)
        if letters:
            with runtime.database.write() as session:
                for notice, params in letters.items():
                    tell_step(session, step, notice, params)
                _forget(session, _lost(session, letters))
            _look_again(runtime, letters)
            time.sleep(PAUSE_SECONDS)


def tell_step(session: Session, step: Step, notice: str, params: Mapping[int, Mapping[str, Any]]) -> int:
    """Leave these members their message about the step; how many had none yet."""
    return tell(
        session, list(params), notice, key=step.key, params=params, url=f"/roadmap/{step.item_id}",
        topic=f"item:{step.item_id}", own=list(params) if notice == WROTE else (),
    )  # fmt: skip


def on_item_pages(session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
    """Slot: whoever was told something about an item may mute it there."""
    return mute_switches(session, page, "item", ids, "/roadmap/")


def forget_title(session: Session, event: PostDeleted | PostHidden | PostEdited) -> None:
    """Messages lose the title of a post that is blanked, and but for its author of one that others may not open now."""
    if any(post.visibility == Visibility.PUBLIC for post in forum.post_texts(session, ids=[event.post_id])):
        return
    told = list(NOTICES) if isinstance(event, PostDeleted) else [notice for notice in NOTICES if notice != WROTE]
    reword(session, told, "post", event.post_id, title=translated(NO_TITLE), quote="")


def _look_again(runtime: Runtime, letters: Letters) -> None:
    """Once more after the commit: on PostgreSQL a post may go after the look in the transaction and before its end, and
    whoever blanks its words then does not see these messages yet. From now on they do."""
    with runtime.database.read() as session:
        lost = _lost(session, letters)
    if lost:
        with runtime.database.write() as session:
            _forget(session, lost)


def _lost(session: Session, letters: Letters) -> list[tuple[int, bool]]:
    """Posts that went while their messages were put together, and whether in their author's own: whoever looked for
    these messages then found none yet."""
    shown = {
        (words["post"], notice == WROTE)
        for notice, params in letters.items()
        for words in params.values()
        if isinstance(words["title"], str)
    }
    there = {post.id: post.visibility for post in forum.post_texts(session, ids=sorted({post for post, _ in shown}))}
    return [
        (post_id, own)
        for post_id, own in sorted(shown)
        if post_id not in there or (not own and there[post_id] != Visibility.PUBLIC)
    ]


def _forget(session: Session, lost: Sequence[tuple[int, bool]]) -> None:
    for post_id, own in lost:
        reword(session, [WROTE] if own else [VOTED, FOLLOWS], "post", post_id, title=translated(NO_TITLE), quote="")


def message_key(change: ItemChange) -> str:
    """One message per member, item, stage and occurrence."""
    return f"item:{change.item_id}:{change.stage.value}:{change.occurrence}"


def wording(item: RoadmapItem, change: ItemChange) -> dict[str, Any]:
    """What all messages about this step have in common."""
    return {"item": item.title, "news": translated(STAGE_NEWS[change.stage]), "sentence": change.sentence}


def by_reason(
    session: Session, behind: Supporters, members: Sequence[int], step: Step
) -> dict[str, dict[int, dict[str, Any]]]:
    """These members by the reason why they are told, each with their own post, their own words and their own car."""
    first = {member: (behind.authors.get(member) or behind.members[member])[0] for member in members}
    texts = {post.id: post for post in forum.post_texts(session, ids=sorted(set(first.values())))} if first else {}
    cars = dict(car_words(session, members, step.item_id))
    groups: dict[str, dict[int, dict[str, Any]]] = {}
    for member, post_id in first.items():
        wrote, voted = member in behind.authors, member in behind.voters
        post = texts.get(post_id)
        # A post that was taken out of sight since is named by its number alone, but to its author.
        shown = post is not None and (wrote or post.visibility == Visibility.PUBLIC)
        params = {**step.words, "post": post_id, "title": post.title if post and shown else translated(NO_TITLE)}
        if wrote and post is not None:
            params["quote"] = _short(post.body, post.title)
        if member in cars:
            params["aside"] = cars[member]
        groups.setdefault(WROTE if wrote else VOTED if voted else FOLLOWS, {})[member] = params
    return groups


def car_words(session: Session, members: Sequence[int], item_id: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """For each member with a car what the item means for it, the best news of several; nothing where nothing is
    decided."""
    cars = cars_of(session, members)
    told = verdicts(session, [item_id], cars)
    garages: dict[int, dict[Verdict, str]] = {}
    for car in cars:
        verdict = told.get((item_id, car.id))
        if verdict is not None and not verdict.silent:
            garages.setdefault(car.member_id, {}).setdefault(verdict, car.model)
    for member, found in garages.items():
        verdict = best(list(found))
        yield (
            member,
            translated(
                verdict.words, model=found[verdict], version=verdict.version, reason=verdict.reason,
                missing=_listed(verdict.missing),
            ),
        )  # fmt: skip


def _listed(facts: Sequence[str]) -> Any:
    """The names of a car's facts as one value: "hardware and region"."""
    if not facts:
        return ""
    *others, last = [translated(FACT_LABELS[fact]) for fact in facts]
    return translated(_AND, one=_listed(facts[:-1]), other=last) if others else last


def _short(body: str, title: str) -> str:
    """The author's first words without the marks of Markdown; what lies far behind them is not rendered."""
    return plain(body[: 4 * QUOTE_CHARACTERS], QUOTE_CHARACTERS) or title
