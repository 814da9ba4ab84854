"""How themes are indexed, rechecked and drawn by search: for the staff alone, by name and keywords."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.text_marks import N_
from cocreate.web.page import Page
from feedback_cluster.themes.models import TRIAGE_LABELS, Theme, TriageStatus
from search import api as search
from search.api import SearchDoc

BATCH = 500
FOUND = (TriageStatus.NEW, TriageStatus.TRIAGED, TriageStatus.DECLINED)
"""What was hidden or merged is not found; a merged theme is found under the one that shows its voices."""


def theme_doc(theme: Theme) -> SearchDoc:
    """A theme as search sees it."""
    return SearchDoc(
        kind="theme", row_id=theme.id or 0, title=theme.name, body=" ".join(theme.keywords),
        created_at=theme.created_at, visibility="staff", hidden_words=theme.label,
    )  # fmt: skip


def index_themes(session: Session, themes: Iterable[Theme]) -> None:
    """Let themes be found by what they are called now, and no longer when they do not stand by themselves."""
    rows = list(themes)
    stand = [theme for theme in rows if theme.born_at is not None and theme.status in FOUND]
    gone = [theme.id or 0 for theme in rows if theme not in stand]
    search.put(session, search.prepare(session, [theme_doc(theme) for theme in stand]))
    if gone:
        search.remove(session, "theme", gone)


class ThemeSource:
    """The themes' side of search."""

    kind = "theme"
    label = N_("Themes")

    def documents(self, session: Session, after_id: int) -> list[SearchDoc]:
        """The next themes that stand by themselves, by id."""
        statement = (
            select(Theme)
            .where(col(Theme.id) > after_id, col(Theme.born_at).is_not(None), col(Theme.status).in_(FOUND))
            .order_by(col(Theme.id))
            .limit(BATCH)
        )
        return [theme_doc(theme) for theme in session.exec(statement)]

    def visible(self, session: Session, actor: Actor, ids: Sequence[int]) -> set[int]:
        if not actor.can("theme.read"):
            return set()
        statement = select(Theme.id).where(
            col(Theme.id).in_(list(ids)), col(Theme.born_at).is_not(None), col(Theme.status).in_(FOUND)
        )
        return {theme_id for theme_id in session.exec(statement) if theme_id is not None}

    def cards(self, session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
        """One list row for each theme that the reader may see."""
        shown = self.visible(session, page.actor, ids)
        extras = page.slots(session, "theme.card", list(shown))
        rows = session.exec(select(Theme).where(col(Theme.id).in_(shown)))
        return {
            theme.id or 0: page.fragment(
                "feedback_cluster/triage/_result.html",
                theme=theme, extra=extras.get(theme.id or 0), triage_labels=TRIAGE_LABELS,
            )
            for theme in rows
        }  # fmt: skip

    def url(self, page: Page, row_id: int) -> str:
        return page.url("show_theme", theme_id=row_id)

    def filter_labels(self, session: Session) -> Mapping[str, Mapping[str, str]]:
        return {}


themes = ThemeSource()
