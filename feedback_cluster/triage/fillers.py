"""What themes add to the pages of the forum."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from sqlmodel import Session, col, select

from cocreate.identity.members.queries import NOBODY, people
from feedback_cluster.themes.answers import published_on_posts
from feedback_cluster.themes.models import Theme
from feedback_cluster.themes.queries import themes_of_posts


def on_post_page(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """In which theme the post is, with how many people, and the answer that was published for it."""
    refs = themes_of_posts(session, ids)
    if not refs:
        return {}
    counts = _people_of(session, {ref.id for ref in refs.values()})
    answers = published_on_posts(session, list(refs))
    writers = people(session, [answer.by_id for answer in answers.values()]) if answers else {}
    return {
        post_id: page.fragment(
            "feedback_cluster/triage/_on_post.html",
            theme=ref,
            people=counts.get(ref.id, 0),
            answer=answers.get(post_id),
            by=writers.get(answers[post_id].by_id or 0, NOBODY) if post_id in answers else NOBODY,
        )
        for post_id, ref in refs.items()
    }


def on_my_card(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """A line on one's own sentence: how many people mean the same."""
    refs = themes_of_posts(session, ids)
    counts = _people_of(session, {ref.id for ref in refs.values()}) if refs else {}
    return {
        post_id: page.fragment("feedback_cluster/triage/_on_me.html", theme=ref, people=counts.get(ref.id, 0))
        for post_id, ref in refs.items()
    }


def _people_of(session: Session, theme_ids: set[int]) -> dict[int, int]:
    statement = select(Theme.id, Theme.people).where(col(Theme.id).in_(theme_ids))
    return {theme_id or 0: count for theme_id, count in session.exec(statement)}
