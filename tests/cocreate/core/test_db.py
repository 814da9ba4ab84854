"""Sessions: when a transaction begins, how writers queue, what a read session may not do."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlmodel import select

from cocreate.core.db import Database, insert_many_once, insert_once
from cocreate.core.errors import Unavailable
from cocreate.identity.members.models import Member, MemberRole
from cocreate.notify.inbox.models import InboxMessage


@pytest.fixture
def impatient(tmp_path):
    """A SQLite database whose writers wait a fifth of a second for each other."""
    database = Database(f"sqlite:///{tmp_path / 'own.db'}", busy_seconds=0.2)
    with database.write() as session:
        session.connection().execute(sa.text("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE)"))
    yield database
    database.dispose()


def add(database, text):
    with database.write() as session:
        session.connection().execute(sa.text("INSERT INTO note (text) VALUES (:text)"), {"text": text})


def count(database):
    with database.read() as session:
        return session.connection().execute(sa.text("SELECT count(*) FROM note")).scalar()


def test_a_write_session_that_only_reads_holds_no_lock(impatient):
    with impatient.write() as session:
        session.connection().execute(sa.text("SELECT count(*) FROM note")).scalar()
        add(impatient, "meanwhile")  # would wait in vain if the look above had begun a transaction
    assert count(impatient) == 1


def test_a_second_writer_waits_for_the_first(impatient):
    impatient.busy_seconds = 5
    entered, release = threading.Event(), threading.Event()
    order: list[str] = []

    def first():
        with impatient.write() as session:
            session.connection().execute(sa.text("INSERT INTO note (text) VALUES ('first')"))
            entered.set()
            release.wait(5)
            order.append("first")

    def second():
        entered.wait(5)
        add(impatient, "second")
        order.append("second")

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(first), pool.submit(second)]
        entered.wait(5)
        time.sleep(0.1)
        assert order == []
        release.set()
        for future in running:
            future.result(10)
    assert order == ["first", "second"]
    assert count(impatient) == 2


def test_a_writer_that_waits_too_long_is_told_so(impatient):
    entered, release = threading.Event(), threading.Event()

    def hold():
        with impatient.write() as session:
            session.connection().execute(sa.text("INSERT INTO note (text) VALUES ('slow')"))
            entered.set()
            release.wait(5)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        entered.wait(5)
        with pytest.raises(Unavailable):
            add(impatient, "impatient")
        release.set()
        holding.result(10)
    add(impatient, "afterwards")
    assert count(impatient) == 2


def test_the_lock_is_free_again_after_a_failed_write(impatient):
    add(impatient, "once")
    with pytest.raises(sa.exc.IntegrityError):
        add(impatient, "once")
    add(impatient, "twice")
    assert count(impatient) == 2


def test_a_read_session_refuses_to_write(runtime, make_member):
    member = make_member()
    with pytest.raises(RuntimeError, match="read session"), runtime.database.read() as session:
        session.connection().execute(sa.update(Member).where(Member.id == member.id).values(name="x"))


def test_an_exception_rolls_back_everything(runtime, make_member):
    member = make_member("vorher")

    def stumble():
        with runtime.database.write() as session:
            session.connection().execute(sa.update(Member).where(Member.id == member.id).values(name="nachher"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    with runtime.database.read() as session:
        assert session.get(Member, member.id).name == "vorher"


def test_of_many_who_insert_the_same_key_at_once_one_wins(runtime, make_member):
    member = make_member()
    together = threading.Barrier(8)

    def insert(number):
        row = InboxMessage(member_id=member.id, key="k", notice="n", params={"number": number}, url="/")
        together.wait(5)
        with runtime.database.write() as session:
            return insert_once(session, row)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(insert, range(8)))
    assert sorted(results) == [False] * 7 + [True]
    with runtime.database.read() as session:
        assert len(session.exec(select(InboxMessage)).all()) == 1


def test_inserting_many_says_how_many_were_new(runtime, make_member):
    members = [make_member() for _ in range(3)]
    rows = [MemberRole(member_id=member.id, role="pm") for member in members]
    with runtime.database.write() as session:
        assert insert_many_once(session, rows[:1]) == 1
        assert insert_many_once(session, rows) == 2
        assert insert_many_once(session, []) == 0


def test_foreign_keys_are_held(runtime):
    with pytest.raises(sa.exc.IntegrityError), runtime.database.write() as session:
        session.add(InboxMessage(member_id=4711, key="k", notice="n", url="/"))
