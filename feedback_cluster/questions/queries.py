"""What was asked about a theme and what came back."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from cocreate.identity.members.queries import NOBODY, Person, people
from feedback_cluster.questions.models import Asked, ThemeQuestion
from feedback_cluster.themes.models import Theme


@dataclass(frozen=True)
class Said:
    """One answer, with the post that its author was asked about."""

    choice: str
    words: str
    at: datetime
    post_id: int
    by: Person


@dataclass(frozen=True)
class Round:
    """A question with its answers, newest first. tally: how many chose each ready answer."""

    id: int
    text: str
    choices: list[str]
    asked: int
    eligible: int
    answered: int
    at: datetime
    by: Person
    closed: bool
    tally: dict[str, int] = field(default_factory=dict)
    answers: list[Said] = field(default_factory=list)


def rounds(session: Session, root_id: int) -> list[Round]:
    """Everything that was asked about a theme and what was merged into it, newest first; three statements."""
    themes = select(Theme.id).where(Theme.root_id == root_id)
    questions = session.exec(
        select(ThemeQuestion).where(col(ThemeQuestion.theme_id).in_(themes)).order_by(col(ThemeQuestion.id).desc())
    ).all()
    if not questions:
        return []
    rows = session.exec(
        select(Asked)
        .where(col(Asked.question_id).in_([question.id for question in questions]))
        .order_by(col(Asked.answered_at).desc(), col(Asked.member_id))
    ).all()
    known = people(session, [*(row.member_id for row in rows), *(question.by_id for question in questions)])
    return [_round(question, [row for row in rows if row.question_id == question.id], known) for question in questions]


def _round(question: ThemeQuestion, rows: list[Asked], known: dict[int, Person]) -> Round:
    answers = [
        Said(row.choice, row.words, row.answered_at, row.post_id, known.get(row.member_id, NOBODY))
        for row in rows
        if row.answered_at is not None
    ]
    chosen = Counter(answer.choice for answer in answers if answer.choice)
    return Round(
        id=question.id or 0, text=question.text, choices=list(question.choices), asked=len(rows),
        eligible=question.eligible, answered=len(answers), at=question.at, by=known.get(question.by_id, NOBODY),
        closed=question.closed_at is not None, tally={choice: chosen[choice] for choice in question.choices},
        answers=answers,
    )  # fmt: skip
