"""The pages of the lexicon: who may, what they show, and that nothing is done by half."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core.actor import Actor, Role
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.identity.members.models import Member
from cocreate.text.lexicon import Lexicon
from search.lexicon.current import lexicon_of
from search.lexicon.models import EntryKind, LexiconSuggestion
from search.lexicon.overlay import Entry
from search.lexicon.queries import posts_of
from tests.client import Client
from tests.search.lexicon.test_service import OWN, save

Index = Callable[..., int]
TERM = EntryKind.TERM
HEAD = "kind,word,aliases,synonyms,remove\n"
PAGES = ["/lexicon", "/lexicon/suggestions", "/lexicon/file", "/lexicon/history", "/lexicon/progress",
         "/lexicon/edit?kind=term&word=座椅", "/lexicon/export.csv"]  # fmt: skip


def spellings(database: Database) -> set[str]:
    with database.read() as session:
        return set(lexicon_of(session).spellings)


@pytest.mark.parametrize("path", PAGES)
def test_only_managers_and_administrators_come_in(
    client: Client, make_member: Callable[..., Member], path: str
) -> None:
    assert client.get(path, actor=make_member("", Role.PM)).status_code == 200
    assert client.get(path, actor=make_member("", Role.ADMIN)).status_code == 200
    assert client.get(path, actor=make_member("", Role.MODERATOR)).status_code == 403
    assert client.get(path).status_code in (303, 401, 403)


def test_a_word_is_found_by_its_pinyin_and_initials(client: Client, manager: Member) -> None:
    for asked in ("座椅通风", "zuoyitongfeng", "zytf"):
        page = client.get(f"/lexicon?q={asked}", actor=manager).text
        assert "zuò yǐ tōng fēng" in page


def test_the_list_goes_on(client: Client, manager: Member) -> None:
    words = re.compile(r'/lexicon/edit\?kind=term&amp;word=([^"]+)"')
    first, second = (words.findall(client.get(f"/lexicon?page={n}", actor=manager).text) for n in (1, 2))
    assert len(first) == len(second) == 50
    assert not set(first) & set(second)


def test_each_word_tells_its_posts_in_one_statement(
    database: Database, index_doc: Index, count_queries: Callable[..., Any]
) -> None:
    index_doc("雨刷刮不干净")
    index_doc("雨刮器异响")
    index_doc("座椅太硬")
    index_doc("雨刮很好", kind="theme")
    entries = [
        Entry(TERM, "雨刮", ("雨刷", "雨刮器")),
        Entry(TERM, "座椅"),
        Entry(TERM, "没人说过的词"),
        Entry(TERM, "ES8"),
    ]
    with database.read() as session, count_queries() as statements:
        counts = posts_of(session, entries)
    assert counts == {(TERM, "雨刮"): 2, (TERM, "座椅"): 1, (TERM, "没人说过的词"): 0, (TERM, "ES8"): 0}
    assert len(statements) == 1


def test_adding_editing_taking_out_and_back(client: Client, database: Database, manager: Member) -> None:
    form = {"kind": "term", "word": "云感座艙", "aliases": "云座舱，云舱", "synonyms": "零压座椅"}
    assert client.post("/lexicon", data=form, actor=manager).status_code == 303
    assert {"云感座舱", "云座舱", "云舱"} <= spellings(database)
    edited = {**form, "word": "云感座舱", "aliases": "云舱", "was_kind": "term", "was_word": "云感座舱"}
    client.post("/lexicon", data=edited, actor=manager)
    assert "云座舱" not in spellings(database)
    client.post("/lexicon/remove", data={"kind": "term", "word": "云感座舱"}, actor=manager)
    assert "云感座舱" not in spellings(database)
    history = client.get("/lexicon/history", actor=manager).text
    latest = re.findall(r"/lexicon/versions/(\d+)/undo", history)[0]
    client.post(f"/lexicon/versions/{latest}/undo", actor=manager)
    assert "云感座舱" in spellings(database)
    assert client.post(f"/lexicon/versions/{latest}/undo", actor=manager).status_code == 409


def test_a_word_that_belongs_elsewhere_is_refused_with_what_was_typed(
    client: Client, database: Database, manager: Member
) -> None:
    answer = client.post("/lexicon", data={"kind": "term", "word": "雨刷", "aliases": "刮雨片"}, actor=manager)
    assert answer.status_code == 422
    assert "“雨刷”已经属于“雨刮”" in answer.text
    assert "刮雨片" in answer.text
    assert spellings(database) == set(Lexicon.default().spellings)


def test_a_word_that_nobody_has_is_not_found(client: Client, manager: Member) -> None:
    assert client.get("/lexicon/edit?kind=term&word=没有这个词", actor=manager).status_code == 404
    gone = {"kind": "term", "word": "没有这个词"}
    assert client.post("/lexicon/remove", data=gone, actor=manager).status_code == 404
    assert client.post("/lexicon/reset", data=gone, actor=manager).status_code == 404


def test_a_shipped_word_is_reset(client: Client, database: Database, manager: Member, by: Actor) -> None:
    save(database, by, Entry(TERM, "胎噪", ("轮胎吵",)))
    assert "轮胎吵" in spellings(database)
    client.post("/lexicon/reset", data={"kind": "term", "word": "胎噪"}, actor=manager)
    assert spellings(database) == set(Lexicon.default().spellings)


def test_a_file_changes_nothing_before_it_is_confirmed(client: Client, database: Database, manager: Member) -> None:
    lines = HEAD + "term,云感座舱,云座舱,,\nterm,路噪,,,x\n"
    preview = client.post("/lexicon/file", files={"file": ("words.csv", lines.encode())}, actor=manager)
    assert preview.status_code == 200
    assert "云感座舱" in preview.text
    assert "云感座舱" not in spellings(database)
    sent = re.search(r'<textarea name="text"[^>]*>\n?(.*?)</textarea>', preview.text, re.DOTALL)
    assert sent
    done = client.post("/lexicon/import", data={"text": sent[1], "name": "words.csv"}, actor=manager)
    assert done.status_code == 303
    assert "云感座舱" in spellings(database)
    assert "路噪" not in spellings(database)


def test_one_wrong_line_keeps_the_whole_file_out(client: Client, database: Database, manager: Member) -> None:
    lines = HEAD + "term,云感座舱,,,\nterm,新词,雨刷,,\n"
    for answer in (
        client.post("/lexicon/file", files={"file": ("words.csv", lines.encode())}, actor=manager),
        client.post("/lexicon/import", data={"text": lines}, actor=manager),
    ):
        assert answer.status_code == 422
        assert "“雨刷”已经属于“雨刮”" in answer.text
    assert "云感座舱" not in spellings(database)


def test_a_file_is_asked_for(client: Client, manager: Member) -> None:
    for files in (None, {"file": ("", b"")}, {"file": ("big.csv", b"a" * 950_000)}):
        answer = client.post("/lexicon/file", files=files, actor=manager)
        assert answer.status_code == 422
        assert "文件" in answer.text
        assert "<html" in answer.text


def test_what_goes_out_is_the_whole_lexicon_or_ones_own(
    client: Client, database: Database, manager: Member, by: Actor
) -> None:
    save(database, by, OWN)
    whole = client.get("/lexicon/export.csv", actor=manager).text
    own = client.get("/lexicon/export.csv?own=true", actor=manager).text
    assert whole.startswith("\ufeffkind,word,aliases,synonyms,remove")
    assert "座椅通风" in whole
    assert own.splitlines()[1:] == ["term,云感座舱,云座舱,零压座椅,"]


def test_a_suggestion_is_added_or_turned_down(client: Client, database: Database, manager: Member) -> None:
    with database.write() as session:
        for word in ("云晶舱", "的话吧"):
            session.add(LexiconSuggestion(word=word, posts=9))
    assert "云晶舱" in client.get("/lexicon/suggestions", actor=manager).text
    client.post("/lexicon/suggestions", data={"word": "云晶舱", "do": "add"}, actor=manager)
    client.post("/lexicon/suggestions", data={"word": "的话吧", "do": "refuse"}, actor=manager)
    page = client.get("/lexicon/suggestions", actor=manager).text
    assert "的话吧" not in page
    assert '<th scope="row"><a href="/search?q=%E4%BA%91%E6%99%B6%E8%88%B1' not in page
    assert "云晶舱" in spellings(database)
    assert "的话吧" not in spellings(database)
    assert "的话吧" in client.get("/lexicon/suggestions?refused=true", actor=manager).text
    client.post("/lexicon/suggestions", data={"word": "的话吧", "do": "reopen"}, actor=manager)
    assert "的话吧" in client.get("/lexicon/suggestions", actor=manager).text
    assert client.post("/lexicon/suggestions", data={"word": "无此", "do": "refuse"}, actor=manager).status_code == 404


def test_progress_asks_for_itself_until_it_is_done(
    client: Client, database: Database, manager: Member, by: Actor, index_doc: Index, worker: Worker
) -> None:
    index_doc("云感座舱异响")
    save(database, by, OWN)
    fragment = client.get("/lexicon/progress", actor=manager, htmx=True).text
    assert "0 / 1 条" in fragment
    assert 'hx-trigger="every 1s"' in fragment
    worker.drain()
    done = client.get("/lexicon/progress", actor=manager, htmx=True).text
    assert "hx-trigger" not in done
    assert "第 1 版已全部生效" in done


def test_a_missed_word_opens_the_form(client: Client, manager: Member) -> None:
    assert 'value="云感座舱"' in client.get("/lexicon?word=云感座舱", actor=manager).text
    assert "“雨刷”已在词典里，归在“雨刮”" in client.get("/lexicon?word=雨刷", actor=manager).text
