"""A new lexicon reaches every indexed row: in batches, after a kill, and the newest one when several are saved."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from sqlmodel import col, select

from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from search.api import Scope, similar
from search.lexicon import recut, service
from search.lexicon.current import cuts_of, lexicon_of
from search.lexicon.models import EntryKind, LexiconVersion
from search.lexicon.overlay import Entry
from search.models import IndexedRow, IndexedTokens
from tests.search.lexicon.test_service import OWN, save

Index = Callable[..., int]
TEXT = "云感座舱异响"


def tokens(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(IndexedTokens.title_tokens).order_by(col(IndexedTokens.doc_id))))


def knowing(database: Database) -> list[bool]:
    return ["云感座舱" in line.split() for line in tokens(database)]


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recut, "BATCH", 2)


def test_rows_of_the_old_cut_are_cut_again(
    database: Database, by: Actor, index_doc: Index, worker: Worker, small_batches: None
) -> None:
    for _ in range(5):
        index_doc(TEXT)
    assert knowing(database) == [False] * 5
    save(database, by, OWN)
    with database.read() as session:
        before = recut.progress_of(session)
        assert (before.done, before.total, before.finished, len(cuts_of(session))) == (0, 5, False, 2)
    worker.drain()
    assert knowing(database) == [True] * 5
    with database.read() as session:
        after = recut.progress_of(session)
        assert (after.done, after.total, after.finished, len(cuts_of(session))) == (5, 5, True, 1)


def test_a_row_keeps_everything_but_its_cut(database: Database, by: Actor, index_doc: Index, worker: Worker) -> None:
    index_doc(TEXT, "正文", board_id=None, status="planned", model="澜星 S1", visibility="staff", votes=3,
              hidden_words="标签词", variety="idea", answered=True)  # fmt: skip

    def facts() -> tuple[object, ...]:
        with database.read() as session:
            row = session.exec(select(IndexedRow)).one()
            return tuple(v for k, v in sorted(row.model_dump().items()) if k not in ("cut", "length", "title_length"))

    before = facts()
    save(database, by, OWN)
    worker.drain()
    assert facts() == before
    with database.read() as session:
        assert "标签" in (session.exec(select(IndexedTokens.body_tokens)).one()).split()


def test_a_killed_job_goes_on_where_it_was(
    runtime: Runtime, by: Actor, index_doc: Index, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        index_doc(TEXT)
    save(runtime.database, by, OWN)
    whole = recut._recut_batch

    def killed(*args: object) -> int:
        if any(knowing(runtime.database)):
            raise KeyboardInterrupt
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(recut, "_recut_batch", killed)
    with pytest.raises(KeyboardInterrupt):
        recut.recut(runtime)
    assert knowing(runtime.database) == [True, True, False, False, False]
    monkeypatch.setattr(recut, "_recut_batch", whole)
    recut.recut(runtime)
    assert knowing(runtime.database) == [True] * 5


def test_of_several_savings_the_newest_wins(
    runtime: Runtime, by: Actor, index_doc: Index, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        index_doc("云感座舱和星环尾灯")
    save(runtime.database, by, OWN)
    saved: list[LexiconVersion] = []

    def between_batches(_seconds: float) -> None:
        if not saved:
            saved.append(save(runtime.database, by, Entry(EntryKind.TERM, "星环尾灯")))

    monkeypatch.setattr(recut, "time", SimpleNamespace(sleep=between_batches))
    recut.recut(runtime)
    assert [{"云感座舱", "星环尾灯"} <= set(line.split()) for line in tokens(runtime.database)] == [True] * 5
    with runtime.database.read() as session:
        assert len(cuts_of(session)) == 1
        assert all(version.indexed_at for version in service.latest_versions(session))


def test_both_cuts_are_found_until_the_job_ends(database: Database, by: Actor, index_doc: Index) -> None:
    old = index_doc("云感座舱吱吱响个不停")
    for other in ("后排出风口没有风", "大灯太暗看不清", "蓝牙钥匙连不上"):
        index_doc(other)
    save(database, by, OWN)
    new = index_doc("云感座舱吱吱响个不停")
    with database.read() as session:
        cuts = [row.cut for row in session.exec(select(IndexedRow).where(IndexedRow.title.contains("云感")))]  # type: ignore[attr-defined]
        assert len(set(cuts)) == 2
        hits = similar(session, "云感座舱吱吱响", scope=Scope(staff=False))
    assert {hit.id for hit in hits[:2]} == {old, new}


def test_what_is_written_during_the_job_is_of_the_new_cut(database: Database, by: Actor, index_doc: Index) -> None:
    save(database, by, OWN)
    index_doc(TEXT)
    assert knowing(database) == [True]
    with database.read() as session:
        assert session.exec(select(IndexedRow.cut)).one() == lexicon_of(session).cut


def test_rows_of_an_older_program_are_cut_again_at_night(runtime: Runtime, index_doc: Index) -> None:
    index_doc(TEXT)
    with runtime.database.write() as session:
        row = session.exec(select(IndexedRow)).one()
        row.cut = "of long ago"
        session.add(row)
    recut.catch_up(runtime)
    with runtime.database.read() as session:
        assert session.exec(select(IndexedRow.cut)).one() == lexicon_of(session).cut
