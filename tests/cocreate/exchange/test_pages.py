"""The pages of imports, as a product manager uses them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core.actor import Role
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.exchange.imports.models import Import
from cocreate.identity.members.models import Member
from forum.posts.models import Post
from tests.client import Client

CONTENT = "编号,反馈内容,日期\n1,座椅通风噪音太大,2020-6-5\n2,方向盘加热反应慢,去年\n3,=SUM(A1),2021/1/2\n"


@pytest.fixture
def pm(make_member: Callable[..., Member]) -> Member:
    return make_member("产品经理", Role.PM)


def upload(client: Client, pm: Member, content: str | bytes = CONTENT, name: str = "声音.csv") -> Any:
    data = content if isinstance(content, bytes) else content.encode()
    return client.post("/imports", actor=pm, files={"file": (name, data)})


def mapping(**columns: str) -> dict[str, str]:
    return {"source": "群聊", "visibility": "public", **columns}


GOOD = mapping(**{"column-0": "external_id", "column-1": "body", "column-2": "created_at"})


def posts(database: Database) -> list[Post]:
    with database.read() as session:
        return list(session.exec(select(Post).order_by(Post.external_id)))


@pytest.mark.parametrize("role", [None, Role.AGENT, Role.HOST, Role.MODERATOR])
def test_only_product_managers_and_administrators_import(
    client: Client, make_member: Callable[..., Member], role: Role | None
) -> None:
    member = make_member("", *([role] if role else []))
    assert client.get("/imports", actor=member).status_code == 403
    assert upload(client, member).status_code == 403
    assert client.post("/imports/1/undo", actor=member).status_code == 403
    assert client.get("/imports").headers["location"].startswith("/sign-in")


def test_a_file_is_handed_in_tried_imported_and_taken_back(
    client: Client, pm: Member, worker: Worker, database: Database
) -> None:
    answer = upload(client, pm)
    assert (answer.status_code, answer.headers["location"]) == (303, "/imports/1")
    page = client.get("/imports/1", actor=pm)
    assert "座椅通风噪音太大" in page.text
    assert "去年" in page.text  # the preview names the bad row
    assert posts(database) == []

    client.post("/imports/1/mapping", actor=pm, data={**GOOD, "do": "check"})
    worker.drain()
    checked = client.get("/imports/1", actor=pm)
    assert "已试运行" in checked.text
    assert posts(database) == []

    client.post("/imports/1/mapping", actor=pm, data={**GOOD, "do": "start"})
    assert 'hx-trigger="every 1s"' in client.get("/imports/1", actor=pm).text
    worker.drain()
    done = client.get("/imports/1", actor=pm)
    assert "已完成" in done.text
    assert [(post.external_id, post.source) for post in posts(database)] == [("1", "群聊"), ("3", "群聊")]

    client.post("/imports/1/undo", actor=pm)
    worker.drain()
    assert "已撤回" in client.get("/imports/1", actor=pm).text
    assert [post.title for post in posts(database)] == ["", ""]


def test_an_unreadable_file_is_explained_and_leaves_nothing(client: Client, pm: Member, database: Database) -> None:
    for content, name in (
        (b"", "a.csv"),
        (b"PK\x03\x04broken", "a.xlsx"),
        ('id,text\n1,"没有结束\n'.encode(), "b.csv"),
    ):
        answer = upload(client, pm, content, name)
        assert answer.status_code == 422
        assert "这个文件读不了" in answer.text
    assert "第 2 行" in answer.text
    with database.read() as session:
        assert session.exec(select(Import)).all() == []


def test_nothing_chosen_is_said(client: Client, pm: Member) -> None:
    answer = client.post("/imports", actor=pm, files={"other": ("a.csv", b"x")})
    assert answer.status_code == 422
    assert "请先选择一个文件" in answer.text


@pytest.mark.parametrize(
    "wrong", [mapping(), mapping(**{"column-0": "body", "column-1": "body"}), mapping(**{"column-0": "nothing"})]
)
def test_a_mapping_that_does_not_fit_is_shown_again(
    client: Client, pm: Member, database: Database, wrong: dict[str, str]
) -> None:
    upload(client, pm)
    answer = client.post("/imports/1/mapping", actor=pm, data={**wrong, "do": "start"})
    assert answer.status_code == 422
    assert "每一列是什么" in answer.text
    with database.read() as session:
        assert session.get_one(Import, 1).mapping == {"编号": "external_id", "反馈内容": "body", "日期": "created_at"}


def test_a_running_import_polls_and_then_asks_for_the_whole_page(client: Client, pm: Member, worker: Worker) -> None:
    upload(client, pm)
    client.post("/imports/1/mapping", actor=pm, data={**GOOD, "do": "start"})
    running = client.get("/imports/1", actor=pm, htmx=True)
    assert "hx-trigger" in running.text
    assert "<html" not in running.text
    assert "hx-refresh" not in running.headers
    worker.drain()
    assert client.get("/imports/1", actor=pm, htmx=True).headers["hx-refresh"] == "true"


def test_a_run_can_be_stopped_and_gone_on_with(client: Client, pm: Member, worker: Worker, database: Database) -> None:
    upload(client, pm)
    client.post("/imports/1/mapping", actor=pm, data={**GOOD, "do": "start"})
    client.post("/imports/1/cancel", actor=pm)
    worker.drain()
    assert posts(database) == []
    assert "已取消" in client.get("/imports/1", actor=pm).text
    assert client.post("/imports/1/cancel", actor=pm).status_code == 409
    client.post("/imports/1/start", actor=pm)
    worker.drain()
    assert len(posts(database)) == 2


def test_the_error_report_is_a_csv_without_formulas(client: Client, pm: Member, worker: Worker) -> None:
    upload(client, pm, 'id,text,date\n1,好,"=cmd|x"\n')
    client.post("/imports/1/mapping", actor=pm, data={**GOOD, "do": "start"})
    worker.drain()
    report = client.get("/imports/1/errors.csv", actor=pm)
    assert report.headers["content-type"].startswith("text/csv")
    lines = report.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "行号,原因" or lines[0].startswith("行号")
    assert lines[1].startswith("2,")
    assert not any(cell[:1] in "=+-@" for line in lines for cell in line.split(",") if cell)


def test_a_file_that_is_gone_is_said(client: Client, pm: Member, runtime: Any) -> None:
    from cocreate.exchange.imports import files

    upload(client, pm)
    files.path_of(runtime.settings, 1).unlink()
    answer = client.get("/imports/1", actor=pm)
    assert answer.status_code == 200
    assert "文件已不在" in answer.text


def test_an_unknown_import_is_not_found(client: Client, pm: Member) -> None:
    for path in ("/imports/999", "/imports/999/errors.csv", "/imports/0"):
        assert client.get(path, actor=pm).status_code == 404


def test_a_number_beyond_every_import_is_refused(client: Client, make_member: Callable[..., Member]) -> None:
    assert client.get(f"/imports?before={2**63}", actor=make_member("", Role.PM)).status_code == 422
