"""An answer's steps: each is taken once, whoever presses."""

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from feedback_cluster.themes import answers
from feedback_cluster.themes.models import Answer, AnswerState, Theme


def test_two_who_publish_at_once_publish_once(runtime: Runtime, pm_actor: Actor) -> None:
    with runtime.database.write() as session:
        theme = Theme(name="座椅通风", born_at=clock.now())
        session.add(theme)
        session.flush()
        theme.root_id = theme.id
        session.flush()
        answer_id = answers.record_answer(session, theme.id or 0, "下个版本会有三档通风。", by=pm_actor)
        answers.approve(session, session.get_one(Answer, answer_id), by=pm_actor)
    with runtime.database.read() as slow:
        late = slow.get_one(Answer, answer_id)
        slow.expunge(late)
    with runtime.database.write() as session:
        answers.publish(session, session.get_one(Answer, answer_id), by=pm_actor)
        answers.withdraw(session, session.get_one(Answer, answer_id), by=pm_actor)
    with runtime.database.write() as session, pytest.raises(answers.AnswerMoved):
        answers.publish(session, session.merge(late, load=False), by=pm_actor)
    with runtime.database.read() as session:
        assert list(session.exec(select(Answer.state))) == [AnswerState.WITHDRAWN]
