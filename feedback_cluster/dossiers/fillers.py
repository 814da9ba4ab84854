"""What dossiers add to the page of a theme: the latest issue, who took note, and the button for the next."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from cocreate.identity.members.queries import NOBODY, people
from feedback_cluster.dossiers import service


def on_theme_page(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """One line for the latest issue with its receipts, and the button to issue the next."""
    found: dict[int, Markup] = {}
    for theme_id in ids:  # a page of one theme
        last = service.latest(session, theme_id)
        noted = service.receipts(session, [last.id or 0]).get(last.id or 0, []) if last else []
        known = people(session, [one.member_id for one in noted])
        found[theme_id] = page.fragment(
            "feedback_cluster/dossiers/_on_theme.html",
            theme_id=theme_id,
            last=last,
            noted=[(one, known.get(one.member_id, NOBODY)) for one in noted],
        )
    return found
