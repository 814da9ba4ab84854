"""The demo's boards, planned windows, and steps that wait to be published."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from roadmap.boards.audience import is_public
from roadmap.boards.models import Audience, BoardReader, ItemBoard, RoadmapBoard
from roadmap.items import dates
from roadmap.items.forms import StageForm
from roadmap.items.models import ItemChange, ItemStage, RoadmapItem
from roadmap.items.stages import STATUS_OF
from roadmap.items.windows import Window, parse_window
from roadmap.publishing import service as publishing
from roadmap.releases.models import Release


def seed(
    session: Session, content: Mapping[str, Any], items: Mapping[str, RoadmapItem], releases: Mapping[str, Release],
    lines: Mapping[str, int], people: Mapping[str, int], by: Actor,
) -> None:  # fmt: skip
    """Write boards with their readers and items, windows, and what waits."""
    boards: dict[str, int] = {}
    for place, row in enumerate(content["boards"]):
        board = RoadmapBoard(
            name=row["name"], audience=Audience(row["audience"]), lines=[lines[key] for key in row["lines"]],
            position=place,
        )  # fmt: skip
        session.add(board)
        session.flush()
        boards[row["name"]] = board.id or 0
        readers = [people[key] for key in row["readers"] if key in people]
        insert_many_once(session, [BoardReader(board_id=board.id or 0, member_id=one) for one in readers])
    for row in content["items"]:
        _item(session, row, boards, lines, by)
    for key, days in content["windows"].items():
        dates.commit(session, items[key], _window(days), reason="", by=by)
    together: list[int] = []
    for row in content["prepared"]:
        item = items[row["item"]]
        window = _window(row["planned_days"])
        release = releases[row["release"]].id if row["release"] else item.release_id
        form = StageForm(
            stage=row["stage"], sentence=row["sentence"], note=row["note"], release=release,
            planned=window.written if window else "",
        )  # fmt: skip
        waiting = publishing.prepare(session, item, form, by=by)
        together += [waiting.id or 0] if row["together"] else []
    publishing.gather(session, together, by=by)


def _item(
    session: Session, row: Mapping[str, Any], boards: Mapping[str, int], lines: Mapping[str, int], by: Actor
) -> None:
    stage, at = ItemStage(row["stage"]), clock.now() - timedelta(days=3)
    window = _window(row["planned_days"])
    item = RoadmapItem(
        title=row["title"], what=row["what"], why=row["why"], stage=stage, status=STATUS_OF[stage], stage_at=at,
        board_id=lines.get(row["board"]), public=False, position=90, created_by=by.id, created_at=at,
        planned_from=window.first if window else None, planned_to=window.last if window else None,
    )  # fmt: skip
    session.add(item)
    session.flush()
    session.add_all(ItemBoard(item_id=item.id or 0, board_id=boards[name]) for name in row["boards"])
    session.add(ItemChange(item_id=item.id or 0, stage=stage, sentence=row["sentence"], by_id=by.id, at=at))
    session.flush()
    item.public = is_public(session, item)


def _window(days: int) -> Window | None:
    """The month in so many days; None for none."""
    return parse_window(f"{clock.now() + timedelta(days=days):%Y-%m}") if days else None
