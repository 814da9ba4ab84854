"""What becomes of rows: added once, updated when they change, resumed, taken back. On both databases."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import GUEST, Actor, Role
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.core.outbox import OutboxEntry
from cocreate.core.runtime import Runtime
from cocreate.exchange.imports import files, queries, runner, service
from cocreate.exchange.imports.models import Import, ImportState, Task
from cocreate.exchange.imports.runners import token
from cocreate.exchange.table import Options, Outcome, PlannedRow
from cocreate.identity.members.models import Member
from forum import api as forum
from forum import undo as taken_back
from forum.exchange import PostTable
from forum.posts.models import Post, PostTag
from forum.posts.service import delete_post
from search.api import Scope, matching_ids
from tests.client import Client

MakeImport = Callable[..., Import]
MAP = {"id": "external_id", "text": "body"}
THREE = "id,text\n1,座椅通风噪音太大\n2,方向盘加热反应慢\n3,后备箱感应不灵\n"


def posts(database: Database, **wanted: Any) -> list[Post]:
    with database.read() as session:
        statement = select(Post).where(col(Post.deleted_at).is_(None)).order_by(col(Post.id))
        return list(session.exec(statement.filter_by(**wanted)))


def counts(row: Import) -> tuple[int, int, int, int]:
    return row.added, row.updated, row.skipped, row.failed


def errors(database: Database, row: Import) -> list[tuple[int, str]]:
    with database.read() as session:
        return [(error.line, error.reason % error.params) for error in queries.row_errors(session, row.id or 0)]


def run(runtime: Runtime, row: Import) -> Import:
    return runner.run(runtime, row.id or 0)


def undo(runtime: Runtime, row: Import) -> Import:
    with runtime.database.write() as session:
        service.start(session, session.get_one(Import, row.id), Task.UNDO, by=GUEST)
    return run(runtime, row)


def test_rows_become_posts(runtime: Runtime, database: Database, make_import: MakeImport) -> None:
    content = (
        "id,标题,text,kind,date,who,model,year,tags,votes,channel\n"
        'A1,,座椅通风噪音太大。开二档像电吹风,投诉,2020-6-5,小周,星野 S7,2020款,"座椅、噪音",12,微信群\n'
        "A2,希望有后排出风口,,建议,,,,,,,\n"
    )
    mapping = {
        "id": "external_id", "标题": "title", "text": "body", "kind": "kind", "date": "created_at", "who": "author",
        "model": "model", "year": "model_year", "tags": "tags", "votes": "votes", "channel": "channel",
    }  # fmt: skip
    done = run(runtime, make_import(content, mapping, source="群聊", visibility="staff"))
    assert (done.state, counts(done)) == (ImportState.DONE, (2, 0, 0, 0))
    first, second = posts(database)
    assert (first.title, first.title_derived) == ("座椅通风噪音太大", True)
    assert (first.kind, first.model, first.model_year, first.channel) == ("problem", "星野 S7", 2020, "微信群")
    assert (first.author_id, first.author_label, first.imported_votes, first.vote_count) == (None, "小周", 12, 0)
    assert (first.source, first.external_id, first.visibility) == ("群聊", "A1", "staff")
    assert first.created_at.astimezone(runtime.settings.zone).isoformat() == "2020-06-05T00:00:00+08:00"
    assert (second.title, second.title_derived, second.body, second.kind) == ("希望有后排出风口", False, "", "idea")
    with database.read() as session:
        assert set(session.exec(select(PostTag.tag).where(PostTag.post_id == first.id))) == {"座椅", "噪音"}


def test_imported_rows_can_be_searched_at_once(runtime: Runtime, database: Database, make_import: MakeImport) -> None:
    run(runtime, make_import(THREE, MAP))
    with database.read() as session:
        found = matching_ids(session, "方向盤加熱", scope=Scope(staff=False), kind="post")
    assert [post.id for post in posts(database, external_id="2")] == found


def test_the_same_file_adds_nothing_the_second_time(
    runtime: Runtime, database: Database, make_import: MakeImport
) -> None:
    run(runtime, make_import(THREE, MAP))
    again = run(runtime, make_import(THREE, MAP))
    assert counts(again) == (0, 0, 3, 0)
    assert len(posts(database)) == 3


def test_a_changed_row_updates_its_post(runtime: Runtime, database: Database, make_import: MakeImport) -> None:
    run(runtime, make_import(THREE, MAP))
    before = posts(database)
    again = run(runtime, make_import(THREE.replace("方向盘加热反应慢", "雨刷现在快多了"), MAP))
    assert counts(again) == (0, 1, 2, 0)
    after = posts(database)
    assert [post.id for post in after] == [post.id for post in before]
    assert after[1].title == "雨刷现在快多了"
    assert (after[1].import_id, after[1].created_at) == (before[1].import_id, before[1].created_at)
    with database.read() as session:
        assert matching_ids(session, "方向盘", scope=Scope(staff=False), kind="post") == []


def test_equal_rows_without_an_id_are_separate_voices(
    runtime: Runtime, database: Database, make_import: MakeImport
) -> None:
    content = "text\n太吵了\n太吵了\n别的\n太吵了\n"
    assert counts(run(runtime, make_import(content, {"text": "body"}))) == (4, 0, 0, 0)
    assert counts(run(runtime, make_import(content, {"text": "body"}))) == (0, 0, 4, 0)
    assert counts(run(runtime, make_import(content + "太吵了\n", {"text": "body"}))) == (1, 0, 4, 0)
    assert len(posts(database)) == 5


def test_another_source_is_another_voice(runtime: Runtime, database: Database, make_import: MakeImport) -> None:
    run(runtime, make_import(THREE, MAP, source="甲"))
    assert counts(run(runtime, make_import(THREE, MAP, source="乙"))) == (3, 0, 0, 0)


def test_bad_rows_are_named_and_good_ones_taken(runtime: Runtime, database: Database, make_import: MakeImport) -> None:
    content = (
        "id,text,date,votes,kind\n"
        "1,好的一条,2020-6-5,3,建议\n"
        "2,,2020-6-5,,\n"
        "1,编号重复,2020-6-5,,\n"
        "4,日期不对,去年夏天,,\n"
        "5,票数不对,2020-6-5,很多,\n"
        "6,类型不对,2020-6-5,,随便\n"
        "7,少一格\n"
        "8,最后一条,2020-6-5,,\n"
    )
    mapping = {**MAP, "date": "created_at", "votes": "votes", "kind": "kind"}
    done = run(runtime, make_import(content, mapping))
    assert counts(done) == (2, 0, 0, 6)
    assert [line for line, _ in errors(database, done)] == [3, 4, 5, 6, 7, 8]
    assert [post.body for post in posts(database)] == ["好的一条", "最后一条"]


def test_a_formula_stays_text(runtime: Runtime, database: Database, make_import: MakeImport) -> None:
    run(runtime, make_import('id,text\n1,"=HYPERLINK(""http://x"",""点"")"\n', MAP))
    assert posts(database)[0].body == '=HYPERLINK("http://x","点")'


def test_batches_are_announced_with_at_most_500_posts(
    runtime: Runtime, database: Database, make_import: MakeImport
) -> None:
    content = "id,text\n" + "".join(f"{n},第{n}条反馈\n" for n in range(1, 1203))
    done = run(runtime, make_import(content, MAP))
    assert (done.added, done.position) == (1202, 1202)
    with database.read() as session:
        entries = session.exec(
            select(OutboxEntry).where(OutboxEntry.name == "forum.PostsImported").order_by(col(OutboxEntry.id))
        )
        assert [len(entry.payload["post_ids"]) for entry in entries] == [500, 500, 202]


class Breaking(PostTable):
    """The posts' table, failing at its nth batch."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def write(self, session: Session, import_id: int, rows: Sequence[PlannedRow], options: Options) -> Outcome:
        outcome = super().write(session, import_id, rows, options)
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return outcome


def test_an_interrupted_import_is_a_prefix_and_goes_on(
    runtime: Runtime, database: Database, make_import: MakeImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "text\n" + "相同的一句\n" * 700 + "".join(f"第{n}条\n" for n in range(701, 1301))
    row = make_import(content, {"text": "body"})
    with monkeypatch.context() as patch:
        table = Breaking(2)
        patch.setattr(runner, "table_of", lambda *_: table)
        with pytest.raises(KeyboardInterrupt):
            run(runtime, row)
    with database.read() as session:
        stopped = session.get_one(Import, row.id)
        assert (stopped.state, stopped.position, stopped.added) == (ImportState.INTERRUPTED, 500, 500)
    assert len(posts(database)) == 500
    done = run(runtime, row)
    assert (done.state, counts(done)) == (ImportState.DONE, (1300, 0, 0, 0))
    assert len({post.external_id for post in posts(database)}) == 1300


def test_nobody_works_on_an_import_that_somebody_else_works_on(
    runtime: Runtime, database: Database, make_import: MakeImport
) -> None:
    row = make_import(THREE, MAP)
    with database.write() as session:
        claimed = session.get_one(Import, row.id)
        service.start(session, claimed, Task.IMPORT, by=GUEST)
        claimed.runner = "another-machine:1:ab"
    with pytest.raises(runner.InUse):
        run(runtime, row)
    assert posts(database) == []


def test_a_run_whose_process_is_gone_is_taken_over(
    runtime: Runtime, database: Database, make_import: MakeImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_import(THREE, MAP)
    with database.write() as session:
        claimed = session.get_one(Import, row.id)
        service.start(session, claimed, Task.IMPORT, by=GUEST)
        machine = token().rsplit(":", 2)[0]
        claimed.runner = f"{machine}:4194305:ab"  # beyond the largest process id
        assert claimed.shown_state == ImportState.INTERRUPTED
    assert run(runtime, row).added == 3


def test_a_cancelled_run_stops_with_whole_batches(
    runtime: Runtime, database: Database, make_import: MakeImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = make_import("id,text\n" + "".join(f"{n},第{n}条\n" for n in range(1, 1301)), MAP)

    def cancel_after_first(done: int, total: int) -> None:
        if done == 500:
            with database.write() as session:
                service.cancel(session, session.get_one(Import, row.id), by=GUEST)

    stopped = runner.run(runtime, row.id or 0, cancel_after_first)
    assert (stopped.state, stopped.position, len(posts(database))) == (ImportState.CANCELLED, 500, 500)
    with database.write() as session:
        service.start(session, session.get_one(Import, row.id), Task.IMPORT, by=GUEST)
    assert run(runtime, row).added == 1300


def test_a_dry_run_says_what_would_happen_and_writes_no_post(
    runtime: Runtime, database: Database, make_import: MakeImport
) -> None:
    run(runtime, make_import(THREE, MAP))
    row = make_import(THREE.replace("反应慢", "反应快") + "4,新的一条\n5,\n", MAP)
    with database.write() as session:
        service.start(session, session.get_one(Import, row.id), Task.CHECK, by=GUEST)
    checked = run(runtime, row)
    assert (checked.state, counts(checked), checked.position) == (ImportState.CHECKED, (1, 1, 2, 1), 0)
    assert len(posts(database)) == 3
    assert counts(run_as(runtime, row, Task.IMPORT)) == (1, 1, 2, 1)
    assert len(errors(database, row)) == 1


def run_as(runtime: Runtime, row: Import, task: Task) -> Import:
    with runtime.database.write() as session:
        service.start(session, session.get_one(Import, row.id), task, by=GUEST)
    return run(runtime, row)


def test_a_queued_import_is_run_by_the_worker_and_only_once(
    runtime: Runtime, database: Database, make_import: MakeImport, worker: Worker
) -> None:
    row = make_import(THREE, MAP)
    with database.write() as session:
        service.start(session, session.get_one(Import, row.id), Task.IMPORT, by=GUEST)
    worker.drain()
    assert len(posts(database)) == 3
    with database.write() as session:
        session.connection().execute(sa.update(OutboxEntry).values(finished_at=None))
    worker.drain()
    with database.read() as session:
        assert counts(session.get_one(Import, row.id)) == (3, 0, 0, 0)


def test_undo_takes_back_what_nobody_touched_and_lists_the_rest(
    runtime: Runtime, database: Database, make_import: MakeImport, make_member: Callable[..., Member]
) -> None:
    content = "id,text\n" + "".join(f"{n},第{n}条反馈\n" for n in range(1, 8))
    row = run(runtime, make_import(content, MAP))
    ids = [post.id or 0 for post in posts(database)]
    member = make_member()
    with database.write() as session:
        session.connection().execute(sa.update(Post).where(col(Post.id) == ids[0]).values(vote_count=1))
        session.connection().execute(sa.update(Post).where(col(Post.id) == ids[1]).values(comment_count=1))
        forum.hold(session, [ids[2]], "theme")
        session.connection().execute(
            sa.text("INSERT INTO subscription (member_id, post_id, created_at) VALUES (:m, :p, :t)"),
            {"m": member.id, "p": ids[3], "t": row.created_at},
        )
    undone = undo(runtime, row)
    assert (undone.state, undone.undone) == (ImportState.UNDONE, 3)
    assert [one["id"] for one in undone.kept] == ids[:4]
    assert all(one["reason"] for one in undone.kept)
    assert [post.id for post in posts(database)] == ids[:4]
    with database.read() as session:
        gone = session.exec(select(Post).where(col(Post.id).in_(ids[4:]))).all()
        assert [(post.title, post.body, post.author_label, post.external_id) for post in gone] == [
            ("", "", None, None)
        ] * 3
        assert matching_ids(session, "第7条", scope=Scope(staff=True), kind="post") == []


def test_all_rows_that_stay_are_counted_however_few_are_listed(
    runtime: Runtime, database: Database, make_import: MakeImport, client: Client,
    make_member: Callable[..., Member], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(runner, "KEPT_LISTED", 2)
    row = run(runtime, make_import(THREE.replace("3,", "4,后备箱漏水\n3,"), MAP))
    with database.write() as session:
        session.connection().execute(sa.update(Post).where(col(Post.external_id) != "1").values(vote_count=1))
    undone = undo(runtime, row)
    assert (undone.undone, len(undone.kept), undone.kept_count) == (1, 2, 3)
    page = client.get(f"/imports/{row.id}", actor=make_member("", Role.PM))
    assert "另有 1 条" in page.text


def test_titles_of_rows_that_stay_are_looked_up_so_that_a_blanked_one_is_gone(
    runtime: Runtime, database: Database, make_import: MakeImport, client: Client, make_member: Callable[..., Member]
) -> None:
    row, pm = run(runtime, make_import(THREE, MAP)), make_member("", Role.PM)
    first = posts(database)[0]
    with database.write() as session:
        session.connection().execute(sa.update(Post).where(col(Post.id) == first.id).values(vote_count=1))
    assert [sorted(one) for one in undo(runtime, row).kept] == [["id", "reason"]]
    assert first.title in client.get(f"/imports/{row.id}", actor=pm).text
    with database.write() as session:
        delete_post(
            session, session.get_one(Post, first.id), by=Actor(pm.id, permissions=frozenset({"forum.moderate"}))
        )
    page = client.get(f"/imports/{row.id}", actor=pm).text
    assert (f"#{first.id}" in page, first.title in page) == (True, False)


@pytest.mark.parametrize("change", [{"vote_count": 1}, {"comment_count": 1}, {"deleted_at": clock.now()}])
def test_undo_passes_over_what_changes_at_the_same_moment(
    runtime: Runtime, database: Database, make_import: MakeImport, monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
) -> None:  # fmt: skip
    row = run(runtime, make_import(THREE, MAP))
    first, look = posts(database)[0], taken_back._built_on

    def somebody_comes_between(session: Any, ids: list[int]) -> dict[int, str]:
        found = look(session, ids)
        monkeypatch.setattr(taken_back, "_built_on", look)
        with database.write() as other:
            other.connection().execute(sa.update(Post).where(col(Post.id) == first.id).values(**change))
        return found

    monkeypatch.setattr(taken_back, "_built_on", somebody_comes_between)
    undone = undo(runtime, row)
    assert undone.undone == 2
    assert [one["id"] for one in undone.kept] == ([] if "deleted_at" in change else [first.id])
    with database.read() as session:
        assert session.get_one(Post, first.id).title == first.title
        withdrawn = session.exec(select(OutboxEntry).where(col(OutboxEntry.name) == "forum.PostsWithdrawn")).one()
    assert first.id not in withdrawn.payload["post_ids"]


def test_after_an_undo_the_same_file_adds_its_rows_again(
    runtime: Runtime, database: Database, make_import: MakeImport
) -> None:
    undo(runtime, run(runtime, make_import(THREE, MAP)))
    assert posts(database) == []
    assert counts(run(runtime, make_import(THREE, MAP))) == (3, 0, 0, 0)
    assert len(posts(database)) == 3


def test_undo_leaves_the_rows_of_other_imports_alone(
    runtime: Runtime, database: Database, make_import: MakeImport
) -> None:
    run(runtime, make_import(THREE, MAP))
    second = run(runtime, make_import(THREE + "4,只有我是新的\n", MAP))
    assert undo(runtime, second).undone == 1
    assert len(posts(database)) == 3


def test_a_deleted_post_does_not_come_back(runtime: Runtime, database: Database, make_import: MakeImport) -> None:
    run(runtime, make_import(THREE, MAP))
    with database.write() as session:
        session.connection().execute(
            sa.update(Post).where(col(Post.external_id) == "2").values(deleted_at=sa.func.now(), title="", body="")
        )
    again = run(runtime, make_import(THREE.replace("反应慢", "反应更慢"), MAP))
    assert (again.added, again.updated) == (0, 0)
    assert [post.external_id for post in posts(database)] == ["1", "3"]


def test_uploaded_files_are_private(runtime: Runtime, make_import: MakeImport) -> None:
    path = files.path_of(runtime.settings, make_import(THREE, MAP).id or 0)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_an_uploaded_file_goes_when_it_is_done_with(runtime: Runtime, make_import: MakeImport) -> None:
    row = make_import(THREE, MAP)
    path = files.path_of(runtime.settings, row.id or 0)
    run_as(runtime, row, Task.CHECK)
    assert path.exists()
    run_as(runtime, row, Task.IMPORT)
    assert not path.exists()


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mapping", "rows"),
    [
        ("car_opinions.csv", MAP, 5277),
        ("car_complaints.csv", {**MAP, "date": "created_at", "model": "model", "brand": "tags"}, 5550),
    ],
)
def test_real_files_are_imported_completely(
    runtime: Runtime, database: Database, make_import: MakeImport, name: str, mapping: dict[str, str], rows: int
) -> None:
    from tests.realdata import REAL_DATA

    content = (REAL_DATA / name).read_bytes()
    assert counts(run(runtime, make_import(content, mapping, name))) == (rows, 0, 0, 0)
    assert counts(run(runtime, make_import(content, mapping, name))) == (0, 0, rows, 0)
    with database.read() as session:
        assert session.exec(select(sa.func.count()).select_from(Post).where(col(Post.title) != "")).one() == rows
