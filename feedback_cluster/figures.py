"""Figures for the rooms above: when voices reached engineering, and how a theme went on week by week."""

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from feedback_cluster.dossiers.models import DossierReceipt, DossierVoice
from feedback_cluster.themes.models import Handover, Theme
from feedback_cluster.themes.queries import post_ids_of


def acknowledged(session: Session, before: datetime) -> dict[int, datetime]:
    """When engineering first took note of each voice: by the receipt of a dossier that holds it, or by a department's
    receipt of its theme. A voice that was raised after a theme's receipt is among them; its reader leaves it out."""
    found: dict[int, datetime] = {}
    noted = (
        select(DossierVoice.post_id, DossierReceipt.at)
        .join(DossierReceipt, col(DossierReceipt.dossier_id) == DossierVoice.dossier_id)
        .where(col(DossierReceipt.at) < before)
    )
    for post_id, moment in session.exec(noted):
        found[post_id] = min(moment, found.get(post_id, moment))
    received = select(Handover.theme_id, Handover.received_at).where(col(Handover.received_at) < before)
    themes = [(theme_id, moment) for theme_id, moment in session.exec(received) if moment is not None]
    posts = post_ids_of(session, sorted({theme_id for theme_id, _ in themes}))
    for theme_id, moment in themes:
        for post_id in posts.get(theme_id, ()):
            found[post_id] = min(moment, found.get(post_id, moment))
    return found


def weekly_voices(session: Session, theme_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Voices by the Monday of their week, ISO, over all that is known of each theme."""
    rows = session.exec(select(Theme.id, Theme.weekly).where(col(Theme.id).in_(sorted(set(theme_ids)))))
    return {theme_id or 0: dict(weekly) for theme_id, weekly in rows}
