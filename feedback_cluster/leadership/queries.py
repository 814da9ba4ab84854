"""The five of a week: chosen, and read with their evidence."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.identity.members.queries import NOBODY, Person, people
from feedback_cluster.leadership.models import LeaderAnswer, WeekTheme
from feedback_cluster.themes.cards import Quote, quotes_of
from feedback_cluster.themes.models import Answer, AnswerState, Theme, TriageStatus
from feedback_cluster.themes.queries import Root

FIVE = 5
QUOTES = 3


@dataclass(frozen=True)
class Entry:
    """One of the week's themes as it is now. answer: what stands for it, by whom; None while it is unanswered.

    told: how many people heard of a leader's answer, None while that is under way or when somebody else answered.
    """

    place: int
    theme: Theme
    cars: int
    quotes: list[Quote]
    answer: Answer | None = None
    by: Person = NOBODY
    told: int | None = None


def most_urgent(session: Session, *, limit: int = FIVE) -> list[Theme]:
    """Unanswered themes by their score, then by age: somebody waits in them, nothing was published or declined.

    The same rows give the same five.
    """
    answered = (
        select(Theme.root_id)
        .join(Answer, col(Answer.theme_id) == Theme.id)
        .where(Answer.state == AnswerState.PUBLISHED, col(Theme.root_id).is_not(None))
    )
    statement = (
        select(Theme)
        .where(
            Theme.root_id == Theme.id,
            col(Theme.born_at).is_not(None),
            col(Theme.status).in_((TriageStatus.NEW, TriageStatus.TRIAGED)),
            col(Theme.oldest_open_at).is_not(None),
            col(Theme.size) > 0,
            col(Theme.id).not_in(answered),
        )
        .order_by(col(Theme.score).desc(), col(Theme.id))
        .limit(limit)
    )
    return list(session.exec(statement))


def entries(session: Session, monday: date, *, actor: Actor) -> list[Entry]:
    """The week's themes in their order, merged ones once, under the theme they are shown under; unanswered first."""
    rows = session.exec(select(WeekTheme).where(WeekTheme.monday == monday).order_by(col(WeekTheme.place))).all()
    places: dict[int, int] = {}
    roots = _roots(session, [row.theme_id for row in rows])
    for row in rows:
        if row.theme_id in roots:
            places.setdefault(roots[row.theme_id].id or 0, row.place)
    themes = {theme.id or 0: theme for theme in roots.values() if theme.status != TriageStatus.HIDDEN}
    answers = published(session, list(themes))
    names = people(session, [answer.by_id for answer in answers.values()])
    told = _told(session, [answer.id or 0 for answer in answers.values()])
    quotes = quotes_of(session, list(themes.values()), actor=actor, most=QUOTES)
    found = [
        Entry(
            places[theme_id], theme, int(theme.evidence.get("cars", 0)), quotes.get(theme_id, []),
            answer := answers.get(theme_id),
            names.get(answer.by_id or 0, NOBODY) if answer else NOBODY,
            told.get(answer.id or 0) if answer else None,
        )
        for theme_id, theme in themes.items()
    ]  # fmt: skip
    return sorted(found, key=lambda entry: (entry.answer is not None, entry.place))


def weeks(session: Session, *, limit: int = 12) -> list[date]:
    """Mondays of the weeks that were frozen, newest first."""
    statement = columns(WeekTheme.monday).distinct().order_by(col(WeekTheme.monday).desc()).limit(limit)
    return list(session.exec(statement))


def published(session: Session, root_ids: list[int]) -> dict[int, Answer]:
    """The published answer of each theme, under whichever of its parts it was written."""
    statement = (
        select(Theme.root_id, Answer)
        .join(Theme, col(Theme.id) == Answer.theme_id)
        .where(col(Theme.root_id).in_(root_ids), Answer.state == AnswerState.PUBLISHED)
        .order_by(col(Answer.published_at))
    )
    return {root or 0: answer for root, answer in session.exec(statement)} if root_ids else {}


def _roots(session: Session, theme_ids: list[int]) -> dict[int, Theme]:
    statement = columns(Theme.id, Root).join(Root, Root.id == Theme.root_id).where(col(Theme.id).in_(theme_ids))
    return dict(session.exec(statement).all()) if theme_ids else {}


def _told(session: Session, answer_ids: list[int]) -> dict[int, int]:
    statement = select(LeaderAnswer.answer_id, LeaderAnswer.told).where(
        col(LeaderAnswer.answer_id).in_(answer_ids), col(LeaderAnswer.told_at).is_not(None)
    )
    return {answer_id or 0: told for answer_id, told in session.exec(statement)} if answer_ids else {}
