"""What the radar adds to other rooms' pages: pinned questions on posts, the standing alert on themes."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from feedback_cluster.radar.incidents import pinned_on_posts
from feedback_cluster.radar.queries import standing_of


def on_post_page(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """Questions that many ask about the theme, with the brand's answers, while an incident is open."""
    return {
        post_id: page.fragment("feedback_cluster/radar/_on_post.html", questions=questions, post_id=post_id)
        for post_id, questions in pinned_on_posts(session, list(ids)).items()
    }


def on_theme_card(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """A word in the queue: the theme rises unusually."""
    return {
        theme_id: page.fragment("feedback_cluster/radar/_on_card.html", alert=alert)
        for theme_id, alert in standing_of(session, ids).items()
    }


def on_theme_page(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """The standing alert, in a sentence that leads to it."""
    return {
        theme_id: page.fragment("feedback_cluster/radar/_on_theme.html", alert=alert)
        for theme_id, alert in standing_of(session, ids).items()
    }
