"""What themes add to the receipt of one's own sentence: what it was understood as, and the answer for all of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.identity.members.queries import NOBODY, people
from feedback_cluster.themes.answers import published_on_posts
from feedback_cluster.themes.cards import theme_cards
from feedback_cluster.themes.declining import refusals_on_posts
from feedback_cluster.themes.queries import themes_with_people


def on_my_theme(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """me.theme: the theme of the sentence, even when it was never merged by hand, with the answer or the refusal that
    stands for everybody in it. Hidden themes, and those that no public voice speaks for, are not named."""
    found = themes_with_people(session, ids)
    cards = theme_cards(session, [ref.id for ref, _ in found.values()]) if found else {}
    seen = {post_id: told for post_id, told in found.items() if told[0].id in cards and cards[told[0].id].public}
    answers, refusals = published_on_posts(session, list(seen)), refusals_on_posts(session, list(seen))
    writers = people(session, [*(one.by_id for one in answers.values()), *(one.by_id for one in refusals.values())])
    return {
        post_id: page.fragment(
            "feedback_cluster/triage/_on_receipt.html", theme=ref, people=count, answer=answers.get(post_id),
            refusal=refusals.get(post_id),
            by=writers.get(answers[post_id].by_id or 0, NOBODY) if post_id in answers else NOBODY,
            refused_by=writers.get(refusals[post_id].by_id or 0, NOBODY) if post_id in refusals else NOBODY,
        )
        for post_id, (ref, count) in seen.items()
    }  # fmt: skip
