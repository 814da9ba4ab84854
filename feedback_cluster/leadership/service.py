"""Freezing a week's five, and a leader's one answer to everybody behind a theme."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once, insert_once
from cocreate.core.errors import Conflict, Invalid, NotAllowed, NotFound
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import leads
from feedback_cluster.leadership.models import LeaderAnswer, LeadershipWeek, WeekTheme
from feedback_cluster.leadership.queries import most_urgent, published
from feedback_cluster.themes import answers
from feedback_cluster.themes.models import Answer, AnswerState, TriageStatus
from feedback_cluster.themes.pins import hold_theme
from feedback_cluster.themes.queries import get_theme, resolve

FREEZE, TELL = "feedback_cluster.freeze_week", "feedback_cluster.tell_answer"


class NotALeader(NotAllowed):
    code = "not_a_leader"
    message = N_("Only the leadership answers here. Who that is stands on the page of departments.")


class NotOfTheWeek(NotFound):
    code = "not_of_the_week"


class AnsweredAlready(Conflict):
    code = "answered_already"
    message = N_("This theme was answered already. Please look again.")


class BadRecording(Invalid):
    code = "bad_recording"
    message = N_("A recording is an address that begins with https://, at most 400 characters long.")


def freeze_week(runtime: Runtime) -> None:
    """Choose this week's themes, unless that was done; what happens later in the week does not change them."""
    monday = clock.week_start(clock.now(), runtime.settings.zone)
    with runtime.database.write() as session:
        freeze(session, monday)


def freeze(session: Session, monday: date) -> bool:
    """The same for a given week; False when another worker was first."""
    if session.get(LeadershipWeek, monday) is not None or not insert_once(session, LeadershipWeek(monday=monday)):
        return False
    chosen = [
        WeekTheme(
            monday=monday, theme_id=theme.id or 0, place=place, score=theme.score, people=theme.people,
            voices=theme.size,
        )
        for place, theme in enumerate(most_urgent(session), 1)
    ]  # fmt: skip
    insert_many_once(session, chosen)
    return True


def answer_theme(
    session: Session, monday: date, theme_id: int, text: str, *, recording_url: str = "", by: Actor
) -> Answer:
    """A leader's words for one of the week's themes: they stand on its posts at once, and everybody behind them is
    told. Raises unless `by` is of the leadership and the theme is unanswered."""
    if by.id not in leads(session):
        raise NotALeader(f"member {by.id}")
    root_id = resolve(session, theme_id)
    row = _of_the_week(session, monday, root_id)
    theme = get_theme(session, root_id)
    if theme.status is TriageStatus.HIDDEN:
        raise NotOfTheWeek(f"theme {root_id} is hidden")
    words, recording = text.strip(), recording_url.strip()
    if not words or len(words) > answers.LONGEST:
        raise answers.NoWords(fields={"text": answers.NoWords.message})
    if recording and (not recording.startswith("https://") or len(recording) > 400 or _has_blank(recording)):
        raise BadRecording(fields={"recording_url": BadRecording.message})
    # It may stand in two weeks, and two leaders answer one each: whoever comes second sees the first one's answer.
    hold_theme(session, theme)
    if theme.root_id != root_id or published(session, [root_id]):
        raise AnsweredAlready(f"theme {root_id}")
    given = LeaderAnswer(monday=monday, theme_id=row.theme_id, by_id=by.member_id)
    if not insert_once(session, given) and not _take_over(session, given):
        raise AnsweredAlready(f"theme {root_id}")
    answer = session.get_one(Answer, answers.record_answer(session, root_id, words, by=by, source="leadership"))
    if answer.state is AnswerState.DRAFT:
        answers.approve(session, answer, by=by)
    answer.by_id, answer.recording_url = by.id, recording
    session.add(answer)
    session.flush()  # the step reads the row anew
    answers.publish(session, answer, by=by)
    kept = session.get_one(LeaderAnswer, (monday, row.theme_id))
    kept.answer_id = answer.id
    session.add(kept)
    outbox.enqueue(session, TELL, lane=outbox.MESSAGES, key=f"{TELL}:{answer.id}", answer_id=answer.id)
    return answer


def _take_over(session: Session, given: LeaderAnswer) -> bool:
    """Whether the week's answer was withdrawn and this one takes its place; of two at once one does."""
    withdrawn = select(Answer.id).where(Answer.state == AnswerState.WITHDRAWN)
    statement = (
        sa.update(LeaderAnswer)
        .where(
            col(LeaderAnswer.monday) == given.monday,
            col(LeaderAnswer.theme_id) == given.theme_id,
            col(LeaderAnswer.answer_id).in_(withdrawn),
        )
        .values(answer_id=None, by_id=given.by_id, at=clock.now(), told_at=None, told=0)
    )
    result: Any = session.connection().execute(statement)
    return bool(result.rowcount)


def _of_the_week(session: Session, monday: date, root_id: int) -> WeekTheme:
    rows = session.exec(select(WeekTheme).where(WeekTheme.monday == monday).order_by(col(WeekTheme.place)))
    found = next((row for row in rows if resolve(session, row.theme_id) == root_id), None)
    if found is None:
        raise NotOfTheWeek(f"theme {root_id} in the week of {monday}")
    return found


def _has_blank(text: str) -> bool:
    return any(character.isspace() or character < " " for character in text)
