"""Rows of the board as HTML, kept drawn for half a minute: the same hot rows go to every reader."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from cocreate.core import clock
from cocreate.web.page import Page
from forum.posts.listing import PostRow
from forum.posts.models import STATUS_LABELS

KEPT_SECONDS, KEPT_ROWS = 30, 4000


def draw_rows(page: Page, rows: Sequence[PostRow], extras: Mapping[int, Markup]) -> list[Markup]:
    """The rows in the reader's language, each with what upper rooms add to it.

    A drawn row depends on nothing but its key: what the row says, the language, the addition, and the half minute,
    because it tells how long ago it was written. Drawing was half of a page's time before.
    """
    kept: dict[object, Markup] = page.renderer.runtime.memory.setdefault("forum.rows", {})
    moment = int(clock.now().timestamp()) // KEPT_SECONDS
    if len(kept) > KEPT_ROWS:
        kept.clear()
    drawn = []
    for row in rows:
        extra = extras.get(row.id)
        key = (moment, page.language, row, extra)
        html = kept.get(key)
        if html is None:
            html = page.fragment("forum/posts/_row.html", row=row, extra=extra, status_label=STATUS_LABELS[row.status])
            kept[key] = html
        drawn.append(html)
    return drawn
