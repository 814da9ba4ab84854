"""Items and releases are found as they are now, and drafts by nobody."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from forum.posts.models import Post
from roadmap.items import service as items
from roadmap.items.forms import ItemForm
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.releases.forms import ReleaseForm
from roadmap.releases.models import Release
from roadmap.releases.service import draft_of, write_release
from search.rebuild import reindex
from tests.client import Client


def hits(client: Client, query: str) -> list[tuple[str, int]]:
    return [(hit["kind"], hit["id"]) for hit in client.get(f"/api/v1/search?{query}").json()["hits"]]


def test_an_item_is_found_by_its_words_and_by_the_status_that_owners_know(
    client: Client, runtime: Runtime, make_item: Callable[..., RoadmapItem], roadmap_actor: Actor
) -> None:
    item = make_item("座椅通风降噪", what="风扇换一条曲线", why="太多人嫌吵")
    mine = [("roadmap_item", item.id)]
    assert hits(client, "q=风扇换一条曲线") == mine
    assert hits(client, "q=座椅通风降噪&status=reviewing") == mine
    with runtime.database.write() as session:
        row = session.get_one(RoadmapItem, item.id)
        items.change_stage(session, row, stage=ItemStage.DECIDED, sentence="决定做。", by=roadmap_actor)
    assert hits(client, "q=座椅通风降噪&status=reviewing") == []
    assert hits(client, "q=座椅通风降噪&status=planned") == mine


def test_an_item_that_is_no_longer_public_is_found_by_nobody(
    client: Client, runtime: Runtime, make_item: Callable[..., RoadmapItem], roadmap_actor: Actor, roadmap_pm: Any
) -> None:
    item = make_item("座椅通风降噪")
    for public, found in ((False, []), (True, [("roadmap_item", item.id)])):
        with runtime.database.write() as session:
            form = ItemForm(title="方向盘加热加快", public=public)
            items.edit_item(session, session.get_one(RoadmapItem, item.id), form, by=roadmap_actor)
        assert hits(client, "q=方向盘加热加快") == found
        assert hits(client, "q=座椅通风降噪") == []
    draft = make_item("还没公布的打算", public=False)
    assert f"/roadmap/{draft.id}" not in client.get("/search?q=还没公布的打算", actor=roadmap_pm).text


def test_an_order_by_votes_knows_how_many_people_stand_behind_an_item(
    client: Client, make_item: Callable[..., RoadmapItem], make_post: Callable[..., Post]
) -> None:
    wanted = make_item("座椅通风降噪一", posts=[make_post("想要安静的座椅", votes=3)])
    alone = make_item("座椅通风降噪二")
    found = hits(client, "q=座椅通风降噪&kind=roadmap_item&sort=votes")
    assert found == [("roadmap_item", wanted.id), ("roadmap_item", alone.id)]


@pytest.mark.parametrize("public", [True, False])
def test_a_release_is_found_by_its_lines_while_it_is_public(
    client: Client, runtime: Runtime, roadmap_actor: Actor, public: bool
) -> None:
    with runtime.database.write() as session:
        form = ReleaseForm(
            version="2.4", title="安静了", intro="这一版", notes="new: 后排出风口会自己关", public=public
        )
        release = write_release(session, draft_of(form), by=roadmap_actor, zone=runtime.settings.zone)
    assert hits(client, "q=出风口会自己关") == ([("release", release.id)] if public else [])
    with runtime.database.read() as session:
        indexed = session.connection().execute(sa.text("SELECT row_id FROM search_doc WHERE kind = 'release'")).all()
    # Counts are asked of the index alone: what nobody may see must not be in it.
    assert len(indexed) == int(public)


def test_a_rebuild_finds_the_same_rows(
    client: Client, runtime: Runtime, make_item: Callable[..., RoadmapItem], make_release: Callable[..., Release]
) -> None:
    item = make_item("座椅通风降噪")
    make_item("座椅通风的秘密", public=False)
    release = make_release("2.4", title="座椅通风安静了")
    make_release("2.5", title="座椅通风的下一步", public=False)
    reindex(runtime)
    assert set(hits(client, "q=座椅通风")) == {("roadmap_item", item.id), ("release", release.id)}
