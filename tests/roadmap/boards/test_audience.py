"""What stands on a board for some readers alone exists for nobody else, by no door."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.notify.inbox.models import InboxMessage
from forum.posts.models import Post, PostStatus
from roadmap.boards.models import Audience
from roadmap.items.models import RoadmapItem
from roadmap.items.queries import item_cards

Make = Callable[..., Any]
CANARY = "夜莺计划"
AUDIENCES = ("public", "verified", "cohort", "staff")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_board_and_its_items_are_there_for_its_audience_alone(
    client: Any, make_item: Make, put_board: Make, readers: SimpleNamespace, audience: str
) -> None:
    board = put_board(audience, readers=(readers.insider,))
    item = make_item(CANARY, views=[board.id])
    for name, reader in readers.every.items():
        expected = 200 if name in readers.allowed[audience] else 404
        for path in (f"/roadmap/boards/{board.id}", f"/roadmap/{item.id}"):
            assert client.get(path, actor=reader).status_code == expected, (name, path)
        seen = CANARY in client.get("/roadmap", actor=reader).text
        assert seen == (expected == 200), name


def canary_paths(item: RoadmapItem, post: Post, board_id: int) -> list[str]:
    return [
        "/", "/roadmap", f"/roadmap/{item.id}", f"/roadmap/boards/{board_id}", f"/posts/{post.id}", "/releases",
        "/releases.atom", "/promises", f"/search?q={CANARY}", f"/api/v1/search?q={CANARY}", "/api/v1/roadmap",
        f"/api/v1/roadmap/{item.id}", "/api/v1/roadmap/boards", f"/api/v1/roadmap?view={board_id}", "/api/v1/releases",
        f"/api/v1/posts/{post.id}", "/api/v1/promises", f"/similar?title={CANARY}", f"/api/v1/similar?text={CANARY}",
        "/me", "/inbox", "/sitemap.xml", f"/roadmap/{item.id}/applicability",
        f"/api/v1/roadmap/{item.id}/applicability", f"/api/v1/items/{item.id}/applicability",
    ]  # fmt: skip


@pytest.mark.parametrize("audience", ["verified", "cohort", "staff"])
def test_nothing_of_it_leaks_by_any_door(
    client: Any, make_item: Make, put_board: Make, put_post: Make, make_token: Make, readers: SimpleNamespace,
    step: Make, worker: Worker, database: Database, audience: str,
) -> None:  # fmt: skip
    board = put_board(audience, readers=(readers.insider,), name=f"{CANARY}的看板")
    members = [member for member in readers.every.values() if member is not None]
    post = put_post("座椅加热太慢", author=readers.owner, voters=members)
    item = make_item(CANARY, views=[board.id], posts=[post], planned="2027-03", what=f"{CANARY}细节")
    step(item, "decided", f"{CANARY}定了。")
    worker.drain()
    for name, reader in readers.every.items():
        if name in readers.allowed[audience]:
            continue
        token = {"token": make_token(reader, "roadmap:read", "posts:read")} if reader else {}
        for path in canary_paths(item, post, board.id):
            answer = client.get(path, **(token if path.startswith("/api/") else {"actor": reader}))
            # The search page says again what was asked for: the title of a hit would be a link.
            seen = answer.text.replace(f'value="{CANARY}"', "").replace(f"“{CANARY}”", "")
            assert f"/roadmap/{item.id}" not in seen or answer.status_code == 404, (name, path)
            if "q=" not in path and "text=" not in path and "title=" not in path:
                assert CANARY not in seen, (name, path)
    with database.read() as session:
        told = set(session.exec(select(InboxMessage.member_id).where(InboxMessage.key.startswith("item:"))))
        assert told == {readers.every[name].id for name in readers.allowed[audience]} & {m.id for m in members}
        # A public status would say that something is being done about it.
        assert session.get_one(Post, post.id).status == PostStatus.OPEN


@pytest.mark.parametrize("hidden", ["cohort", "draft"])
def test_a_theme_names_what_answers_it_to_those_alone_who_may_read_that(
    client: Any, make_item: Make, put_board: Make, put_post: Make, put_theme: Make, readers: SimpleNamespace,
    hidden: str,
) -> None:  # fmt: skip
    theme = put_theme("座椅加热", [put_post(author=readers.owner)])
    if hidden == "cohort":
        item = make_item(CANARY, views=[put_board("cohort", readers=(readers.insider,)).id], themes=[theme])
    else:
        item = make_item(CANARY, public=False, themes=[theme])
    # Colleagues of other departments work with themes, too; the roadmap's own people alone read all of it.
    for reader, may in ((readers.agent, False), (readers.pm, True)):
        for path in ("/themes", f"/themes/{theme.id}"):
            page = client.get(path, actor=reader)
            assert page.status_code == 200, path
            assert (CANARY in page.text) == may or (may and path == "/themes"), path
        assert (f"/roadmap/{item.id}" in client.get(f"/themes/{theme.id}", actor=reader).text) == may


def test_a_token_for_other_things_reads_no_drafts(
    client: Any, make_item: Make, make_release: Make, make_token: Make, pm: Member
) -> None:
    item, release = make_item(CANARY, public=False), make_release("9.9", public=False)
    paths = (
        f"/api/v1/releases/{release.id}", f"/api/v1/releases/{release.id}/applicability",
        f"/api/v1/roadmap/{item.id}", f"/api/v1/roadmap/{item.id}/applicability",
    )  # fmt: skip
    with_scope, without = make_token(pm, "roadmap:read"), make_token(pm, "posts:read")
    for path in paths:
        assert client.get(path, token=with_scope).status_code == 200, path
        assert client.get(path, token=without).status_code == 404, path


def test_who_belongs_to_the_board_sees_it_beside_the_post_and_by_token(
    client: Any, make_item: Make, put_board: Make, put_post: Make, make_token: Make, readers: SimpleNamespace
) -> None:
    board = put_board("cohort", readers=(readers.insider,))
    post = put_post(author=readers.owner)
    item = make_item(CANARY, views=[board.id], posts=[post])
    assert CANARY in client.get(f"/posts/{post.id}", actor=readers.insider).text
    with_scope = make_token(readers.insider, "roadmap:read")
    without = make_token(readers.insider, "posts:write")
    assert client.get(f"/api/v1/roadmap/{item.id}", token=with_scope).json()["title"] == CANARY
    assert client.get(f"/api/v1/roadmap/{item.id}", token=without).status_code == 404
    assert [one["id"] for one in client.get("/api/v1/roadmap/boards", token=with_scope).json()["items"]] == [board.id]


def test_one_board_for_everybody_makes_it_public_and_a_closed_one_keeps_its_audience(
    client: Any, make_item: Make, put_board: Make, pm: Member, database: Database, readers: SimpleNamespace
) -> None:
    narrow, wide = put_board("staff"), put_board("public")
    both, narrow_only = make_item("两边", views=[narrow.id, wide.id]), make_item("一边", views=[narrow.id])
    assert client.get(f"/roadmap/{both.id}").status_code == 200
    form = {"name": "内部", "audience": "staff", "closed": "1"}
    assert client.post(f"/roadmap/boards/{narrow.id}/edit", actor=pm, data=form).status_code == 303
    assert client.get(f"/roadmap/boards/{narrow.id}", actor=pm).status_code == 404
    assert client.get(f"/roadmap/{narrow_only.id}").status_code == 404


def test_a_board_that_opens_makes_its_items_public_and_tells_those_behind_once(
    client: Any, make_item: Make, put_board: Make, put_post: Make, step: Make, pm: Member, worker: Worker,
    database: Database, readers: SimpleNamespace,
) -> None:  # fmt: skip
    board = put_board("staff")
    post = put_post(author=readers.owner, voters=[readers.agent])
    item = make_item(views=[board.id], posts=[post])
    step(item, "built")
    worker.drain()
    for audience in ("public", "staff", "public"):
        form = {"name": "板", "audience": audience}
        assert client.post(f"/roadmap/boards/{board.id}/edit", actor=pm, data=form).status_code == 303
        worker.drain()
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).public
        assert session.get_one(Post, post.id).status == PostStatus.STARTED
        told = session.exec(select(InboxMessage.member_id).where(InboxMessage.key.startswith("item:"))).all()
        assert sorted(told) == sorted([readers.owner.id, readers.agent.id])


def test_a_public_date_does_not_leave_with_its_board_without_a_reason(
    client: Any, make_item: Make, put_board: Make, pm: Member, database: Database
) -> None:
    board = put_board("public")
    item = make_item(views=[board.id], planned="2027-03")
    form = {"name": "改成内部", "audience": "staff"}
    refused = client.post(f"/roadmap/boards/{board.id}/edit", actor=pm, data=form)
    assert refused.status_code == 422
    with database.read() as session:
        assert session.get_one(RoadmapItem, item.id).public
    assert client.get(f"/roadmap/boards/{board.id}").status_code == 200
    given = client.post(f"/roadmap/boards/{board.id}/edit", actor=pm, data={**form, "reason": "先小范围试。"})
    assert given.status_code == 303
    assert client.get(f"/roadmap/{item.id}").status_code == 404


def test_a_board_of_a_product_line_fills_itself_with_what_everybody_may_see(
    client: Any, make_item: Make, put_board: Make, pm: Member, make_board: Make
) -> None:
    line = make_board("座舱")
    board, other = put_board("public", lines=[line.id]), put_board("staff")
    make_item("公开的", board=line.id)
    make_item("内部的", board=line.id, views=[other.id])
    make_item("别处的")
    page = client.get(f"/roadmap/boards/{board.id}").text
    assert "公开的" in page
    assert "内部的" not in page
    assert "别处的" not in page


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_list_agrees_with_the_rule_however_items_stand_on_boards(
    data: st.DataObject, make_item: Make, put_board: Make, readers: SimpleNamespace, make_actor_of: Make,
    database: Database,
) -> None:  # fmt: skip
    boards = {audience: put_board(audience, readers=(readers.insider,)).id for audience in AUDIENCES}
    expected: dict[int, set[str]] = {}
    for _ in range(data.draw(st.integers(1, 4))):
        on = data.draw(st.lists(st.sampled_from(AUDIENCES), unique=True))
        shown = data.draw(st.booleans())
        item = make_item(views=[boards[one] for one in on], public=shown)
        who = set().union(*(readers.allowed[one] for one in on)) if on else set(readers.every)
        expected[item.id] = who if shown else {"pm"}
    actors = {
        "verified": make_actor_of(readers.verified), "insider": make_actor_of(readers.insider),
        "agent": make_actor_of(readers.agent, Role.AGENT), "owner": make_actor_of(readers.owner),
        "pm": make_actor_of(readers.pm, Role.PM),
    }  # fmt: skip
    with database.read() as session:
        for name, actor in actors.items():
            seen = {card.id for card in item_cards(session, actor)} & expected.keys()
            assert seen == {item_id for item_id, who in expected.items() if name in who}, name


def test_only_who_may_edit_arranges_boards_and_only_admins_name_columns(
    client: Any, make_member: Make, pm: Member, put_board: Make
) -> None:
    board = put_board("public")
    admin = make_member("管理", Role.ADMIN)
    for method, path in [
        ("GET", "/roadmap/boards"), ("POST", "/roadmap/boards"), ("GET", f"/roadmap/boards/{board.id}/edit"),
        ("POST", f"/roadmap/boards/{board.id}/edit"),
    ]:  # fmt: skip
        assert client.request(method, path).status_code == 303
        assert client.request(method, path, actor=make_member("客服", Role.AGENT)).status_code == 403
        assert client.request(method, path, actor=pm).status_code in (200, 422)
    for method, path in [("GET", "/roadmap/columns"), ("POST", "/roadmap/columns")]:
        assert client.request(method, path, actor=pm).status_code == 403
        assert client.request(method, path, actor=admin).status_code in (200, 422)


def test_a_cohort_is_named_by_addresses_and_a_wrong_one_is_refused(
    client: Any, pm: Member, make_member: Make, make_item: Make, database: Database
) -> None:
    insider = make_member("先行")
    form = {"name": "先行组", "audience": "cohort", "readers": f"{insider.email}\nnobody@example.com"}
    refused = client.post("/roadmap/boards", actor=pm, data=form)
    assert refused.status_code == 422
    assert "没有对应的账号" in refused.text
    assert client.get("/api/v1/roadmap/boards").json()["items"] == []
    assert client.post("/roadmap/boards", actor=pm, data={**form, "readers": insider.email.upper()}).status_code == 303
    page = client.get("/roadmap", actor=insider).text
    assert "先行组" in page
    assert "先行组" not in client.get("/roadmap", actor=make_member()).text
    assert Audience.COHORT in set(Audience)
