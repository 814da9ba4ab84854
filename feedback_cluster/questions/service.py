"""Asking a theme's authors something: a drawn sample, one message each, and then peace for everybody who was asked."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import STAFF, Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.identity.members.queries import roles_of
from cocreate.notify.inbox.service import tell
from feedback_cluster.questions.models import Asked, LastAsked, ThemeQuestion
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.pins import hold_current
from feedback_cluster.themes.queries import current_run, post_ids_of
from feedback_cluster.themes.service import standing
from forum import api as forum

PEACE = timedelta(days=30)
"""For so long nobody is asked again, about whatever theme."""
TWICE = timedelta(minutes=1)
"""The same question of the same person within this time is one press of a button too many."""
LONGEST, MOST_CHOICES, LONGEST_CHOICE, LONGEST_ANSWER, MOST = 400, 6, 60, 1_000, 500


class NoQuestion(Invalid):
    code = "no_question"
    message = N_("A question needs words, at most 400 characters.")


class TooManyChoices(Invalid):
    code = "too_many_choices"
    message = N_("At most six ready answers, each of at most 60 characters.")


class NobodyToAsk(Conflict):
    code = "nobody_to_ask"
    message = N_("Nobody can be asked: its authors have no account, have left, or were asked within the last 30 days.")


class NoAnswer(Invalid):
    code = "no_answer"
    message = N_("Choose an answer or write one, at most 1,000 characters.")


class QuestionClosed(Conflict):
    code = "question_closed"
    message = N_("This question is closed. Thank you all the same.")


def authors_to_ask(session: Session, theme_id: int) -> dict[int, int]:
    """{member: the post to ask about} of a theme's authors who may be asked now; the brand's own people are not."""
    ids = post_ids_of(session, [theme_id])[theme_id]
    spoken = {post.id for post in forum.post_texts(session, ids=ids)}
    authors = {
        member_id: min(own)
        for member_id, posts in forum.people_behind(session, ids).authors.items()
        if (own := spoken.intersection(posts))
    }
    rested = select(LastAsked.member_id).where(LastAsked.at > clock.now() - PEACE)
    tired = set(session.exec(rested))
    brand = {member_id for member_id, roles in roles_of(session, authors).items() if STAFF.intersection(roles)}
    return {member_id: post for member_id, post in sorted(authors.items()) if member_id not in tired | brand}


def most_to_ask(session: Session, theme_id: int) -> int:
    """At most how many of a theme's authors may be asked now: quick, for the form; `authors_to_ask` looks closely."""
    rested = select(sa.literal("m") + sa.cast(LastAsked.member_id, sa.String)).where(LastAsked.at > clock.now() - PEACE)
    statement = (
        select(sa.func.count(sa.distinct(col(ThemePost.person))))
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(
            ThemePost.run_id == current_run(),
            Theme.root_id == theme_id,
            col(ThemePost.person).like("m%"),
            col(ThemePost.person).not_in(rested),
        )
    )
    return session.exec(statement).one()


def ask(
    session: Session, theme: Theme, text: str, choices: Sequence[str], count: int, *, by: Actor, seed: int | None = None
) -> ThemeQuestion:
    """Ask `count` of the theme's authors, drawn with a stored seed; each gets one message. Pressing twice asks once."""
    words, ready = _checked(text, choices)
    # Two questions at once, about whatever themes, draw one after the other: each draws from whom the other has left.
    hold_current(session)
    standing(theme)
    if (asked := _just_asked(session, theme, words, by)) is not None:
        return asked
    able = authors_to_ask(session, theme.id or 0)
    if not able:
        raise NobodyToAsk(f"theme {theme.id}")
    drawn_with = random.SystemRandom().getrandbits(31) if seed is None else seed
    order = random.Random(drawn_with).sample(sorted(able), len(able))  # noqa: S311 (a fair draw, not a secret)
    question = ThemeQuestion(
        theme_id=theme.id or 0, text=words, choices=ready, wanted=max(1, min(count, MOST)), seed=drawn_with,
        eligible=len(able), by_id=by.member_id,
    )  # fmt: skip
    session.add(question)
    session.flush()
    chosen: list[int] = []
    for member_id in order:
        if len(chosen) == question.wanted:
            break
        if _claim(session, member_id):
            chosen.append(member_id)
    if not chosen:
        raise NobodyToAsk(f"theme {theme.id}")
    session.add_all(
        Asked(question_id=question.id or 0, member_id=member_id, post_id=able[member_id]) for member_id in chosen
    )
    session.flush()
    audit.record(session, by, "theme.ask", "theme", theme.id, question=question.id, asked=len(chosen))
    params = {member_id: {"question": words, "id": able[member_id]} for member_id in chosen}
    tell(
        session, chosen, "theme.question", key=f"theme.question:{question.id}", params=params,
        url=f"/questions/{question.id}", topic=f"theme:{theme.id}", own=chosen,
    )  # fmt: skip
    return question


def _just_asked(session: Session, theme: Theme, words: str, by: Actor) -> ThemeQuestion | None:
    statement = select(ThemeQuestion).where(
        ThemeQuestion.theme_id == theme.id,
        ThemeQuestion.by_id == by.member_id,
        ThemeQuestion.text == words,
        ThemeQuestion.at > clock.now() - TWICE,
        col(ThemeQuestion.closed_at).is_(None),
    )
    return session.exec(statement.order_by(col(ThemeQuestion.id).desc())).first()


def _claim(session: Session, member_id: int) -> bool:
    """Whether this member is ours to ask: a row settles it between two questions that draw the same person."""
    moment = clock.now()
    if insert_once(session, LastAsked(member_id=member_id, at=moment)):
        return True
    statement = (
        sa.update(LastAsked)
        .where(col(LastAsked.member_id) == member_id, col(LastAsked.at) <= moment - PEACE)
        .values(at=moment)
    )
    result: Any = session.connection().execute(statement)
    return bool(result.rowcount)


def _checked(text: str, choices: Sequence[str]) -> tuple[str, list[str]]:
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise NoQuestion(fields={"text": NoQuestion.message})
    ready = list(dict.fromkeys(choice.strip() for choice in choices if choice.strip()))
    if len(ready) > MOST_CHOICES or any(len(choice) > LONGEST_CHOICE for choice in ready):
        raise TooManyChoices(fields={"choices": TooManyChoices.message})
    return words, ready


def get_question(session: Session, question_id: int) -> ThemeQuestion:
    """The question; NotFound when there is none."""
    question = session.get(ThemeQuestion, question_id)
    if question is None:
        raise NotFound(f"question {question_id}")
    return question


def asked_of(session: Session, question_id: int, member_id: int) -> Asked:
    """That this member was asked; NotFound for everybody else, so that nobody learns of the question."""
    row = session.get(Asked, (question_id, member_id))
    if row is None:
        raise NotFound(f"question {question_id} to member {member_id}")
    return row


def answer(session: Session, asked: Asked, choice: str, words: str) -> None:
    """What the owner says; saying it again replaces it while the question is open."""
    question = get_question(session, asked.question_id)
    if question.closed_at is not None:
        raise QuestionClosed(f"question {question.id}")
    said = words.strip()
    if choice not in question.choices:
        choice = ""
    if (not said and not choice) or len(said) > LONGEST_ANSWER:
        raise NoAnswer(fields={"words": NoAnswer.message})
    asked.choice, asked.words, asked.answered_at = choice, said, clock.now()
    session.add(asked)


def close(session: Session, question: ThemeQuestion, *, by: Actor) -> None:
    """Take no more answers."""
    if question.closed_at is None:
        question.closed_at = clock.now()
        session.add(question)
        audit.record(session, by, "theme.question.close", "theme", question.theme_id, question=question.id)


def forget_answers(session: Session, event: MemberLeft) -> None:
    """Somebody has left: their words go; that one of the sample answered stays counted."""
    session.connection().execute(
        sa.update(Asked).where(col(Asked.member_id) == event.member_id).values(words="", choice="")
    )
