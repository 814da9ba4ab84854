"""How items and releases are indexed, rechecked and drawn by search. What is not public is not indexed at all: search
knows readers and staff, and drafts are for product managers alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.web.page import Page
from roadmap.items.models import RoadmapItem
from roadmap.items.stages import POST_STATUS, STATUS_LABELS
from roadmap.releases.models import Release, ReleaseNote
from search import api as search
from search.api import Facts, SearchDoc

BATCH = 500


def item_doc(item: RoadmapItem) -> SearchDoc:
    """An item as search sees it. Its status is named as that of its posts, so that one filter narrows both."""
    return SearchDoc(
        kind="roadmap_item", row_id=item.id or 0, title=item.title, body="\n".join(filter(None, (item.what, item.why))),
        created_at=item.created_at, board_id=item.board_id, status=POST_STATUS[item.status].value,
        votes=item.people,
        updated_at=item.edited_at,
    )  # fmt: skip


def index_item(session: Session, item: RoadmapItem) -> None:
    """Let the item be found as it is now; not at all while it is not public."""
    if item.public:
        search.put(session, search.prepare(session, [item_doc(item)]))
    else:
        search.remove(session, "roadmap_item", [item.id or 0])


def count_item(session: Session, item: RoadmapItem) -> None:
    """Let an order by votes know how many people stand behind the item now."""
    facts = Facts(status=POST_STATUS[item.status].value, votes=item.people, answered=False)
    search.refresh(session, "roadmap_item", {item.id or 0: facts})


def release_doc(release: Release, lines: Sequence[str]) -> SearchDoc:
    """A release as search sees it: the letter with its lines."""
    return SearchDoc(
        kind="release", row_id=release.id or 0, title=f"OTA {release.version} {release.title}",
        body="\n".join(filter(None, (release.intro, *lines))), created_at=release.released_at or release.created_at,
    )  # fmt: skip


def index_release(session: Session, release: Release, lines: Sequence[str]) -> None:
    """The same for a release."""
    if release.public:
        search.put(session, search.prepare(session, [release_doc(release, lines)]))
    else:
        search.remove(session, "release", [release.id or 0])


def index_everything(session: Session) -> None:
    """Index all public items and releases, for a seed that wrote them without their services."""
    for source in (items, releases):
        search.put(session, search.prepare(session, source.documents(session, 0)))


class ItemSource:
    """The roadmap's side of search."""

    kind = "roadmap_item"
    label = N_("Roadmap")

    def documents(self, session: Session, after_id: int) -> list[SearchDoc]:
        """The next public items, by id."""
        statement = select(RoadmapItem).where(col(RoadmapItem.id) > after_id, col(RoadmapItem.public))
        return [item_doc(item) for item in session.exec(statement.order_by(col(RoadmapItem.id)).limit(BATCH))]

    def visible(self, session: Session, actor: Actor, ids: Sequence[int]) -> set[int]:
        statement = select(RoadmapItem.id).where(col(RoadmapItem.id).in_(list(ids)), col(RoadmapItem.public))
        return {item_id for item_id in session.exec(statement) if item_id is not None}

    def cards(self, session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
        """One list row for each public item."""
        statement = (
            columns(RoadmapItem, Release.version, Release.public)
            .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
            .where(col(RoadmapItem.id).in_(list(ids)), col(RoadmapItem.public))
        )
        return {
            item.id or 0: page.fragment(
                "roadmap/items/_result.html",
                item=item, version=version if public else None, status_labels=STATUS_LABELS,
            )
            for item, version, public in session.exec(statement)
        }  # fmt: skip

    def url(self, page: Page, row_id: int) -> str:
        return page.url("show_item", item_id=row_id)

    def filter_labels(self, session: Session) -> Mapping[str, Mapping[str, str]]:
        return {"status": {POST_STATUS[status].value: label for status, label in STATUS_LABELS.items()}}


class ReleaseSource:
    """The releases' side of search."""

    kind = "release"
    label = N_("Releases")

    def documents(self, session: Session, after_id: int) -> list[SearchDoc]:
        """The next public releases with their lines, by id."""
        statement = select(Release).where(col(Release.id) > after_id, col(Release.public))
        rows = list(session.exec(statement.order_by(col(Release.id)).limit(BATCH)))
        lines: dict[int, list[str]] = defaultdict(list)
        notes = columns(ReleaseNote.release_id, ReleaseNote.text).where(
            col(ReleaseNote.release_id).in_([row.id for row in rows])
        )
        for release_id, text in session.exec(notes.order_by(col(ReleaseNote.position), col(ReleaseNote.id))):
            lines[release_id].append(text)
        return [release_doc(row, lines[row.id or 0]) for row in rows]

    def visible(self, session: Session, actor: Actor, ids: Sequence[int]) -> set[int]:
        statement = select(Release.id).where(col(Release.id).in_(list(ids)), col(Release.public))
        return {release_id for release_id in session.exec(statement) if release_id is not None}

    def cards(self, session: Session, page: Page, ids: Sequence[int]) -> dict[int, Markup]:
        """One list row for each public release."""
        rows = session.exec(select(Release).where(col(Release.id).in_(list(ids)), col(Release.public)))
        return {row.id or 0: page.fragment("roadmap/releases/_result.html", release=row) for row in rows}

    def url(self, page: Page, row_id: int) -> str:
        return page.url("show_release", release_id=row_id)

    def filter_labels(self, session: Session) -> Mapping[str, Mapping[str, str]]:
        return {}


items, releases = ItemSource(), ReleaseSource()
