"""The roadmap as JSON, read page by page while others work on it."""

from collections.abc import Callable
from typing import Any

from cocreate.core.db import Database
from cocreate.web.paging import encode_cursor
from roadmap.items.models import RoadmapItem

Make = Callable[..., Any]


def test_the_json_board_goes_on_where_it_was_though_what_was_read_last_has_gone(
    client: Any, make_item: Make, database: Database
) -> None:
    for stage in ("studied", "studied", "built", "arrived", "arrived", "declined"):
        make_item(stage=stage)
    whole = [item["id"] for item in client.get("/api/v1/roadmap").json()["items"]]
    for gone in range(1, len(whole)):
        before = client.get(f"/api/v1/roadmap?limit={gone}").json()
        with database.write() as session:
            row = session.get_one(RoadmapItem, before["items"][-1]["id"])
            row.public = False
        after = client.get(f"/api/v1/roadmap?cursor={before['next_cursor']}").json()
        with database.write() as session:
            session.get_one(RoadmapItem, row.id).public = True
        assert [item["id"] for item in after["items"]] == whole[gone:]
    for damaged in ([1, 0, 0, 0], ["planned", "x", 0, 0], ["planned", 0.5, 0, 0], [3]):
        assert client.get(f"/api/v1/roadmap?cursor={encode_cursor(damaged)}").status_code == 422, damaged
