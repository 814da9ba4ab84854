"""What themes add to the pages of the forum."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.identity.members.queries import NOBODY, people
from feedback_cluster.themes.answers import published_on_posts
from feedback_cluster.themes.cards import heard_in_public, theme_cards
from feedback_cluster.themes.declining import refusals_on_posts
from feedback_cluster.themes.queries import themes_with_people


def on_post_page(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """In which theme the post is, with how many people, and the answer that was published for it. Owners read no name
    of a theme that speaks for nobody in public: the words of staff may stand in it."""
    found = themes_with_people(session, ids)
    if not found:
        return {}
    answers = published_on_posts(session, list(found))
    refusals = refusals_on_posts(session, list(found))
    roots = [ref.id for ref, _ in found.values()]
    named = set(roots) if page.actor.can("theme.read") else heard_in_public(session, roots)
    writers = people(session, [*(one.by_id for one in answers.values()), *(one.by_id for one in refusals.values())])
    return {
        post_id: page.fragment(
            "feedback_cluster/triage/_on_post.html",
            post_id=post_id,
            theme=ref,
            people=count,
            named=ref.id in named,
            answer=answers.get(post_id),
            refusal=refusals.get(post_id),
            refused_by=writers.get(refusals[post_id].by_id or 0, NOBODY) if post_id in refusals else NOBODY,
            by=writers.get(answers[post_id].by_id or 0, NOBODY) if post_id in answers else NOBODY,
        )
        for post_id, (ref, count) in found.items()
    }


def on_my_card(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """A line on one's own sentence: how many people mean the same. Themes that speak for nobody in public are kept from
    owners: the words of staff may stand in their names."""
    found = themes_with_people(session, ids)
    cards = theme_cards(session, [ref.id for ref, _ in found.values()]) if found else {}
    return {
        post_id: page.fragment("feedback_cluster/triage/_on_me.html", theme=ref, people=count)
        for post_id, (ref, count) in found.items()
        if ref.id in cards and cards[ref.id].public
    }
