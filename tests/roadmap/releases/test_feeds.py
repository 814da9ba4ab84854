"""Feeds and the calendar of releases, the filters of the changelog, and names that agreed to be named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.core import clock
from cocreate.core.db import Database
from cocreate.identity.members.models import Member
from roadmap.releases import feed
from roadmap.releases.calendar import LINE_BYTES, escaped, folded
from roadmap.releases.models import NoteLabel, ReleaseNote

Make = Callable[..., Any]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=400))
def test_a_folded_line_unfolds_to_itself_and_no_piece_is_too_long(line: str) -> None:
    pieces = folded(line).split("\r\n")
    assert all(len(piece.encode()) <= LINE_BYTES for piece in pieces)
    assert all(piece.startswith(" ") for piece in pieces[1:])
    assert pieces[0] + "".join(piece[1:] for piece in pieces[1:]) == line


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_an_escaped_text_is_one_line_that_reads_back(text: str) -> None:
    value = escaped(text)
    assert "\n" not in value
    assert "\r" not in value
    back, place = [], 0
    while place < len(value):
        if value[place] == "\\":
            back.append({"n": "\n", "\\": "\\", ";": ";", ",": ","}[value[place + 1]])
            place += 2
        else:
            assert value[place] not in ";,"
            back.append(value[place])
            place += 1
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(back) == "".join(c for c in plain if c in "\t\n" or (ord(c) >= 32 and ord(c) != 127))


def unfolded(body: bytes) -> list[str]:
    assert body.endswith(b"\r\n")
    return body.decode().replace("\r\n ", "").split("\r\n")


def test_the_calendar_holds_whole_days_that_keep_their_identity(
    client: Any, make_release: Make, pm: Member, runtime: Any
) -> None:
    # Half past four in the afternoon in UTC is the next day in Shanghai.
    day = datetime(2027, 3, 14, 16, 30, tzinfo=UTC)
    planned = make_release("2.4", title="出远门；带上，孩子", intro="一行\n又一行", planned_for=day)
    make_release("2.2", title="这一版", released_at=clock.now() - timedelta(days=3))
    make_release("9.9", title="草稿", public=False, planned_for=day)
    make_release("2.6", title="没有日子的")
    answer = client.get("/releases.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    lines = unfolded(answer.content)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == 2
    assert "草稿" not in answer.text
    first = lines[lines.index("BEGIN:VEVENT") : lines.index("END:VEVENT")]
    for line in ("DTSTART;VALUE=DATE:20270315", "DTEND;VALUE=DATE:20270316", "STATUS:TENTATIVE",
                 "SUMMARY:OTA 2.4 · 出远门；带上，孩子", "DESCRIPTION:一行\\n又一行",
                 f"URL:{runtime.settings.public_url}/releases/{planned.id}"):  # fmt: skip
        assert line in first, line
    uid = next(line for line in first if line.startswith("UID:"))
    form = {"version": "2.4", "title": "改期", "public": "1", "planned_for": "2027-04-01", "reason": "多测一轮"}
    assert client.post(f"/releases/{planned.id}/edit", actor=pm, data=form).status_code == 303
    later = unfolded(client.get("/releases.ics").content)
    assert uid in later
    assert "DTSTART;VALUE=DATE:20270401" in later


@pytest.mark.parametrize("path", ["/releases.atom", "/releases.rss", "/releases.ics"])
def test_a_feed_that_did_not_change_is_not_sent_again(client: Any, make_release: Make, path: str) -> None:
    empty = client.get(path)
    assert client.get(path, headers={"if-none-match": empty.headers["etag"]}).status_code == 304
    make_release("2.2", released_at=clock.now() - timedelta(days=1))
    first = client.get(path, headers={"if-none-match": empty.headers["etag"]})
    assert first.status_code == 200
    again = client.get(path, headers={"if-none-match": f'"x", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")


def test_the_rss_feed_names_its_releases(client: Any, make_release: Make, database: Database, runtime: Any) -> None:
    release = make_release("2.2", title="手暖 <了>", released_at=datetime(2026, 3, 1, 4, 0, tzinfo=UTC))
    with database.write() as session:
        session.add(ReleaseNote(release_id=release.id, label=NoteLabel.NEW, text="方向盘自动加热"))
    answer = client.get("/releases.rss")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    item = Xml.fromstring(answer.content).find("channel/item")
    assert item is not None
    assert item.findtext("title") == "2.2 · 手暖 <了>"
    assert item.findtext("guid") == item.findtext("link") == f"{runtime.settings.public_url}/releases/{release.id}"
    assert item.findtext("pubDate") == "Sun, 01 Mar 2026 04:00:00 GMT"
    assert "方向盘自动加热" in (item.findtext("description") or "")


def test_the_changelog_is_narrowed_by_kind_and_by_car(
    client: Any, make_release: Make, database: Database, make_member: Make, make_vehicle: Make
) -> None:
    now = clock.now()
    for days, (version, models, label) in enumerate(
        [("2.1", ["云麓"], NoteLabel.NEW), ("2.2", [], NoteLabel.FIXED), ("2.3", ["青川"], NoteLabel.FIXED)]
    ):
        release = make_release(
            version, title=f"第{version}封", models=models, released_at=now - timedelta(days=9 - days)
        )
        with database.write() as session:
            session.add(ReleaseNote(release_id=release.id, label=label, text=f"行{version}"))
            session.add(ReleaseNote(release_id=release.id, label=NoteLabel.BETTER, text=f"优{version}"))

    def shown(query: str) -> list[str]:
        page = client.get(f"/releases?{query}").text
        return [version for version in ("2.1", "2.2", "2.3") if f"第{version}封" in page]

    assert shown("") == ["2.1", "2.2", "2.3"]
    assert shown("label=fixed") == ["2.2", "2.3"]
    assert shown("label=fixed&model=云麓") == ["2.2"]
    assert shown("model=云麓") == ["2.1", "2.2"]
    page = client.get("/releases?label=fixed").text
    assert "行2.2" in page
    assert "优2.2" not in page
    assert "没有这样的版本" in client.get("/releases?label=new&model=青川").text
    owner = make_member()
    make_vehicle(owner, "青川")
    assert "model=%E9%9D%92%E5%B7%9D" in client.get("/releases", actor=owner).text
    assert "model=%E9%9D%92%E5%B7%9D" not in client.get("/releases").text


def test_a_letter_names_only_who_agreed(
    client: Any, make_release: Make, make_item: Make, put_post: Make, make_member: Make, database: Database
) -> None:
    willing, silent, hidden = make_member("林愿意"), make_member("陈沉默"), make_member("吴内部")
    posts = [
        put_post("甲", author=willing), put_post("乙", author=silent), put_post("丙", author=hidden, visibility="staff")
    ]  # fmt: skip
    for member in (willing, hidden):
        form = {"name": member.name, "named_in_releases": "1"}
        assert client.post("/account", actor=member, data=form).status_code == 303
    assert "checked" in client.get("/account", actor=willing).text
    release = make_release("2.2", released_at=clock.now() - timedelta(days=1))
    item = make_item("座椅降噪", posts=posts, stage="arrived", release=release.id)
    with database.write() as session:
        session.add(ReleaseNote(release_id=release.id, label=NoteLabel.BETTER, text="风扇更轻", item_id=item.id))
    page = client.get(f"/releases/{release.id}").text
    assert "谢谢 林愿意" in page
    assert "陈沉默" not in page
    assert "吴内部" not in page
    client.post("/account", actor=willing, data={"name": willing.name})
    assert "林愿意" not in client.get(f"/releases/{release.id}").text


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_whatever_a_letter_says_both_feeds_can_be_read(text: str) -> None:
    parent = Xml.Element("feed")
    feed._text(parent, "title", text)
    back = Xml.fromstring(Xml.tostring(parent, encoding="utf-8"))
    kept = back.findtext("title") or ""
    assert [char for char in kept if char.isprintable()] == [char for char in text if char.isprintable()]


@pytest.mark.parametrize("sign", ["\x0b", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_signs_that_xml_has_no_place_for_are_left_out(sign: str) -> None:
    parent = Xml.Element("feed")
    feed._text(parent, "title", f"坏{sign}字符 😀")
    assert Xml.fromstring(Xml.tostring(parent, encoding="utf-8")).findtext("title") == "坏字符 😀"
