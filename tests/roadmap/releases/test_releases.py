"""Releases: letters, the form of product managers, the feed, the JSON."""

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.db import Database
from cocreate.identity.members.models import Member
from cocreate.web.paging import encode_cursor
from roadmap.releases.forms import parse_notes
from roadmap.releases.models import NoteLabel, Release, ReleaseNote
from roadmap.releases.versions import carries, version_key

Make = Callable[..., Any]
ATOM = "{http://www.w3.org/2005/Atom}"
FORM = {
    "version": "2.4", "title": "出远门", "intro": "三句话。", "models": "云麓、小满", "rollout_percent": "30",
    "released_on": "2026-11-20", "public": "1", "notes": "新增：一键儿童模式\nfixed: 蓝牙断连",
}  # fmt: skip


@pytest.mark.parametrize(
    ("software", "version", "has"),
    [
        ("2.2", "2.2", True), ("2.2.1", "2.2", True), ("2.2", "2.2.1", False), ("2.10", "2.9", True), ("", "2", False),
        ("OTA 2.4", "2.1", True), ("2", "2.0.0", True), ("abc", "2.0", False),
    ],
)  # fmt: skip
def test_what_a_car_has(software: str, version: str, has: bool) -> None:
    assert carries(software, version) is has


@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), st.lists(st.integers(0, 30), min_size=1, max_size=4))
def test_of_two_versions_one_carries_the_other(one: list[int], other: list[int]) -> None:
    first, second = ".".join(map(str, one)), ".".join(map(str, other))
    assert version_key(first) == one
    assert carries(first, second) or carries(second, first)


def test_lines_are_read_in_both_languages() -> None:
    assert parse_notes("新增：甲 #12\n\nbetter: 乙\n 修复: 丙#3 ") == [
        (NoteLabel.NEW, "甲", 12), (NoteLabel.BETTER, "乙", None), (NoteLabel.FIXED, "丙", 3),
    ]  # fmt: skip
    for wrong in ("甲", "其他：甲", "：甲", "新增："):
        with pytest.raises(ValueError, match="Begin each line"):
            parse_notes(wrong)


def test_a_release_is_written_and_rewritten_without_script(
    client: Any, pm: Member, make_item: Make, database: Database
) -> None:
    item = make_item("一键儿童模式")
    assert client.get("/releases/new", actor=pm).status_code == 200
    made = client.post("/releases", actor=pm, data={**FORM, "notes": f"新增：一键儿童模式 #{item.id}"})
    assert made.status_code == 303
    letter = client.get(made.headers["location"]).text
    for words in ("OTA 2.4", "出远门", "云麓、小满", f"/roadmap/{item.id}", "已推送 30%"):
        assert words in letter, words

    with database.read() as session:
        before = session.exec(select(Release)).one()
    edit = client.get(f"/releases/{before.id}/edit", actor=pm).text
    assert f"new: 一键儿童模式 #{item.id}" in edit
    assert 'value="2026-11-20"' in edit
    saved = client.post(f"/releases/{before.id}/edit", actor=pm, data={**FORM, "title": "改过的题目"})
    assert saved.status_code == 303
    with database.read() as session:
        after = session.exec(select(Release)).one()
        assert (after.title, after.released_at) == ("改过的题目", before.released_at)
        assert len(session.exec(select(ReleaseNote)).all()) == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"version": ""}, "请填写这一项"), ({"notes": "没有标签的一行"}, "每行以"),
        ({"notes": "新增：甲 #999"}, "条目不存在"),
        ({"rollout_percent": "101"}, "太大"), ({"released_on": "昨天"}, "2026-06-05"), ({"version": "2.1"}, "已经有了"),
    ],
)  # fmt: skip
def test_a_wrong_form_comes_back_with_what_was_typed(
    client: Any, pm: Member, make_release: Make, wrong: dict[str, str], words: str
) -> None:
    make_release("2.1")
    refused = client.post("/releases", actor=pm, data={**FORM, **wrong})
    assert refused.status_code == 422
    assert words in refused.text
    assert "出远门" in refused.text


def test_lines_that_i_asked_for_are_marked(
    client: Any, make_item: Make, make_release: Make, voices: SimpleNamespace, make_member: Make, database: Database
) -> None:
    release = make_release("2.2", released_at=clock.now() - timedelta(days=1))
    item = make_item("座椅降噪", themes=[voices.theme], stage="arrived", release=release.id)
    with database.write() as session:
        session.add(ReleaseNote(release_id=release.id, label=NoteLabel.BETTER, text="风扇更轻", item_id=item.id))
    for path in ("/releases", f"/releases/{release.id}"):
        assert "你提过的" in client.get(path, actor=voices.wu).text
        assert "你提过的" not in client.get(path, actor=make_member()).text
        assert "来自 3 位车主" in client.get(path).text


def test_a_reader_of_letters_does_not_wait_for_everybody_behind_their_lines(
    client: Any, make_item: Make, make_release: Make, voices: SimpleNamespace, database: Database,
    make_member: Make, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    release = make_release("2.2", released_at=clock.now() - timedelta(days=1))
    item = make_item("座椅降噪", themes=[voices.theme], stage="arrived", release=release.id)
    with database.write() as session:
        session.add(ReleaseNote(release_id=release.id, label=NoteLabel.BETTER, text="风扇更轻", item_id=item.id))

    def crowd(*_: Any) -> Any:
        raise AssertionError("ten thousand people were counted to find one")

    monkeypatch.setattr("forum.api.people_behind", crowd)
    for path in ("/releases", f"/releases/{release.id}"):
        assert "你提过的" in client.get(path, actor=voices.wu).text
    assert "里面有你提过的 1 条" in client.get(f"/releases/{release.id}/mine", actor=voices.wu).text
    assert "里面有你提过的" not in client.get(f"/releases/{release.id}/mine", actor=make_member()).text


def test_drafts_are_for_colleagues(client: Any, make_release: Make, pm: Member) -> None:
    draft = make_release("3.0", title="还没定的事", public=False, planned_for=clock.now() + timedelta(days=30))
    for path in ("/releases", "/releases.atom", "/api/v1/releases"):
        assert "还没定的事" not in client.get(path).text
    assert client.get(f"/releases/{draft.id}").status_code == 404
    assert "还没定的事" in client.get("/releases", actor=pm).text


def test_what_is_planned_stands_above_and_is_not_in_feed_or_json(client: Any, make_release: Make) -> None:
    make_release("2.4", title="下一版", planned_for=clock.now() + timedelta(days=9))
    make_release("2.2", title="这一版", released_at=clock.now() - timedelta(days=9))
    page = client.get("/releases").text
    assert page.index("下一版") < page.index("这一版")
    assert "下一版" not in client.get("/releases.atom").text
    assert [row["version"] for row in client.get("/api/v1/releases").json()["items"]] == ["2.2"]


def test_the_feed_is_atom_with_absolute_addresses(
    client: Any, make_release: Make, database: Database, runtime: Any
) -> None:
    release = make_release(
        "2.2", title="手暖 <了> & 再出发", intro="坏\x0b字符", released_at=clock.now() - timedelta(days=1)
    )  # fmt: skip
    with database.write() as session:
        session.add(ReleaseNote(release_id=release.id, label=NoteLabel.NEW, text="方向盘自动加热"))
    answer = client.get("/releases.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = Xml.fromstring(answer.content)
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == "2.2 · 手暖 <了> & 再出发"
    assert entry.findtext(f"{ATOM}id") == f"{runtime.settings.public_url}/releases/{release.id}"
    assert "方向盘自动加热" in (entry.findtext(f"{ATOM}content") or "")
    assert all(link.get("href", "").startswith("http") for link in feed.iter(f"{ATOM}link"))
    assert feed.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}updated")


def test_letters_page_without_gap_or_repeat(client: Any, make_release: Make) -> None:
    moment = clock.now() - timedelta(days=50)
    for number in range(11):
        # Three of them share a moment: the id decides.
        make_release(f"1.{number}", released_at=moment + timedelta(days=max(2, number)))
    seen: list[str] = []
    cursor = ""
    while True:
        answer = client.get(f"/api/v1/releases?limit=3{cursor}").json()
        seen += [row["version"] for row in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen == [f"1.{number}" for number in reversed(range(11))]
    first = client.get("/releases").text
    assert "1.10" in first
    assert "更早的版本" in first
    values: list[list[Any]] = [
        ["2026-01-01T00:00:00", 1], ["0001-01-01T00:00:00+14:00", 1], ["9999-12-31T23:59:59-14:00", 1], [9, 1],
        ["2026-01-01T00:00:00Z", "x"],
    ]  # fmt: skip
    odd = [encode_cursor(one) for one in values]
    for damaged in ("xx", "WyJhIiwgMV0", "W10", *odd):
        assert client.get(f"/api/v1/releases?cursor={damaged}").status_code == 422


def test_the_letters_cost_few_queries(client: Any, make_release: Make, count_queries: Make) -> None:
    client.get("/releases")
    for number in range(8):
        make_release(f"1.{number}", released_at=clock.now() - timedelta(days=number + 1))
    with count_queries() as statements:
        client.get("/releases")
    assert len(statements) <= 3, statements
