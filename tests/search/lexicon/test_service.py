"""Savings of the lexicon: what holds afterwards, what is taken back, who hears of it."""

import pytest
from sqlmodel import Session, select

from cocreate.core.actor import Actor
from cocreate.core.db import Database
from cocreate.core.outbox import OutboxEntry
from cocreate.text.lexicon import Lexicon
from search.lexicon import service
from search.lexicon.current import cuts_of, lexicon_of
from search.lexicon.models import EntryKind, LexiconVersion, VersionCause
from search.lexicon.overlay import Entry, Key

TERM, NAME, STOP = EntryKind.TERM, EntryKind.NAME, EntryKind.STOP
OWN = Entry(TERM, "云感座舱", ("云座舱",), ("零压座椅",))


def save(database: Database, by: Actor, *entries: Entry) -> LexiconVersion:
    with database.write() as session:
        version = service.publish(session, {entry.key: entry for entry in entries}, by=by)
    assert version is not None
    return version


def now(database: Database) -> Lexicon:
    with database.read() as session:
        return lexicon_of(session)


def word(lexicon: Lexicon, wanted: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    return next(((term.aliases, term.synonyms) for term in lexicon.terms if term.word == wanted), None)


def test_nothing_changed_is_the_shipped_lexicon_itself(database: Database) -> None:
    assert now(database) is Lexicon.default()


def test_a_saved_word_holds_at_once(database: Database, by: Actor) -> None:
    assert now(database) is Lexicon.default()  # known before, so what is kept in memory has to give way
    save(database, by, OWN)
    lexicon = now(database)
    assert word(lexicon, "云感座舱") == (("云座舱",), ("零压座椅",))
    assert {"云感座舱", "云座舱"} <= set(lexicon.spellings)
    assert "零压座椅" in lexicon.synonyms["云座舱"]
    assert word(lexicon, "座椅") == word(Lexicon.default(), "座椅")


def test_the_session_that_saves_sees_its_word_and_others_after_the_commit_only(database: Database, by: Actor) -> None:
    with database.write() as session:
        service.publish(session, {OWN.key: OWN}, by=by)
        assert "云感座舱" in lexicon_of(session).spellings
        session.rollback()
    assert "云感座舱" not in now(database).spellings


def test_names_and_stop_words_go_where_they_belong(database: Database, by: Actor) -> None:
    save(database, by, Entry(NAME, "澜星x9"), Entry(STOP, "打卡"))
    lexicon = now(database)
    assert "澜星x9" in lexicon.name_spellings
    assert "打卡" in lexicon.stop_words


def test_a_shipped_word_can_be_taken_out_and_put_back(database: Database, by: Actor) -> None:
    key: Key = (TERM, "胎噪")
    save(database, by, service.gone(key))
    assert word(now(database), "胎噪") is None
    with database.write() as session:
        service.publish(session, {key: None}, by=by)
    assert word(now(database), "胎噪") == word(Lexicon.default(), "胎噪")


def test_saving_what_is_so_already_makes_no_version(database: Database, by: Actor) -> None:
    save(database, by, OWN)
    with database.write() as session:
        assert service.publish(session, {OWN.key: OWN}, by=by) is None
        assert service.publish(session, {(TERM, "座椅"): None}, by=by) is None
        assert service.publish(session, {(TERM, "没有的词"): service.gone((TERM, "没有的词"))}, by=by) is None


def test_a_saving_taken_back_leaves_what_was_before(database: Database, by: Actor) -> None:
    before = now(database).fingerprint
    first = save(database, by, OWN)
    second = save(database, by, Entry(TERM, "云感座舱", ("云舱",)))
    with database.write() as session:
        service.undo(session, second.id or 0, by=by)
    assert word(now(database), "云感座舱") == (("云座舱",), ("零压座椅",))
    with database.write() as session:
        service.undo(session, first.id or 0, by=by)
        causes = [version.cause for version in service.latest_versions(session)]
    assert causes == [VersionCause.UNDO, VersionCause.UNDO, VersionCause.EDIT, VersionCause.EDIT]
    assert now(database).fingerprint == before


def test_a_saving_that_was_built_upon_is_not_taken_back(database: Database, by: Actor) -> None:
    first = save(database, by, OWN)
    save(database, by, Entry(TERM, "云感座舱", ("云舱",)))
    with database.write() as session, pytest.raises(service.ChangedSince):
        service.undo(session, first.id or 0, by=by)
    assert word(now(database), "云感座舱") == (("云舱",), ())


def test_a_saving_is_taken_back_once(database: Database, by: Actor) -> None:
    version = save(database, by, OWN)
    with database.write() as session:
        service.undo(session, version.id or 0, by=by)
    with database.write() as session, pytest.raises(service.ChangedSince):
        service.undo(session, version.id or 0, by=by)


def test_a_renamed_word_leaves_its_old_name(database: Database, by: Actor) -> None:
    save(database, by, OWN)
    with database.write() as session:
        service.publish(session, service.replaced(OWN.key, Entry(TERM, "云舱座椅")), by=by)
    assert word(now(database), "云感座舱") is None
    assert word(now(database), "云舱座椅") == ((), ())


def news(session: Session) -> list[dict[str, object]]:
    return [row.payload for row in session.exec(select(OutboxEntry).where(OutboxEntry.name == "search.LexiconChanged"))]


def test_a_saving_is_told(database: Database, by: Actor) -> None:
    version = save(database, by, OWN)
    with database.read() as session:
        assert news(session) == [{"version": version.id, "words": True}]
        assert [lexicon.cut for lexicon in cuts_of(session)] == [version.cut, Lexicon.default().cut]


def test_synonyms_alone_cut_nothing_again(database: Database, by: Actor) -> None:
    seat = next(term for term in Lexicon.default().terms if term.word == "座椅")
    version = save(database, by, Entry(TERM, "座椅", seat.aliases, (*seat.synonyms, "屁股垫")))
    with database.read() as session:
        assert news(session) == [{"version": version.id, "words": False}]
        assert len(cuts_of(session)) == 1
        assert "屁股垫" in lexicon_of(session).synonyms["座椅"]
    assert version.indexed_at is not None
