"""What members choose: the page, mutes, and the link in a mail that works without logging in."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.notify.deliveries.models import Channel
from cocreate.notify.groups import OWN, Mode
from cocreate.notify.mail import links
from cocreate.notify.preferences.service import choices, hours, muted
from cocreate.notify.reach import reach

Make = Callable[..., Any]
FORM = {
    "own": "inbox", "stages": "weekly", "followed": "off", "releases": "mail", "quiet_from": "23", "quiet_to": "7",
    "cap": "3", "language": "en", "timezone": "Europe/Berlin",
}  # fmt: skip


def chosen(runtime: Runtime, member: Any) -> dict[str, Mode]:
    with runtime.database.read() as session:
        return choices(session, member.id)


def test_what_is_chosen_is_kept_and_shown_again(client: Any, runtime: Runtime, make_member: Make) -> None:
    member = make_member()
    for values in (FORM, {**FORM, "stages": "daily"}):
        assert client.post("/me/messages", actor=member, data=values).status_code == 303
    held = chosen(runtime, member)
    assert (held[OWN], held["stages"], held["followed"]) == (Mode.INBOX, Mode.DAILY, Mode.OFF)
    with runtime.database.read() as session:
        times = hours(session, member.id)
        assert (times.quiet_from, times.quiet_to, times.cap) == (23, 7, 3)
    page = client.get("/me/messages", actor=member, language="").text
    assert '<option value="Europe/Berlin" selected>' in page
    assert '<option value="daily" selected>' in page


@pytest.mark.parametrize(
    "wrong", [{"own": "off"}, {"own": "daily"}, {"stages": "hourly"}, {"quiet_from": "24"}, {"cap": "0"},
              {"timezone": "Mars/Olympus"}],
)  # fmt: skip
def test_a_wrong_choice_changes_nothing(client: Any, runtime: Runtime, make_member: Make, wrong: Any) -> None:
    member = make_member()
    before = chosen(runtime, member)
    assert client.post("/me/messages", actor=member, data={**FORM, **wrong}).status_code == 422
    assert chosen(runtime, member) == before


def test_owners_are_not_asked_about_work(client: Any, make_member: Make) -> None:
    assert 'name="work"' not in client.get("/me/messages", actor=make_member()).text


def test_muting_from_a_message_stops_it_and_can_be_taken_back(
    client: Any, runtime: Runtime, make_member: Make, say: Make, logged: Make
) -> None:
    member = make_member()
    say(member, key="a")
    client.post("/messages/mute", actor=member, data={"topic": "item:3"})
    assert say(member, key="b") == 0
    assert say(member, key="mine", own=True) == 1
    assert say(member, key="other", topic="item:4") == 1
    assert logged(member, Channel.INBOX)[1] == ("skipped", "muted")
    assert "路线图条目 3" in client.get("/me/messages", actor=member).text
    client.post("/messages/unmute", actor=member, data={"topic": "item:3"})
    assert say(member, key="c") == 1


def test_what_is_no_topic_cannot_be_muted(client: Any, runtime: Runtime, make_member: Make) -> None:
    member = make_member()
    for topic in ("", "item", "item:0", "<b>:1", "item:3 OR 1"):
        assert client.post("/messages/mute", actor=member, data={"topic": topic}).status_code == 422
    with runtime.database.read() as session:
        assert muted(session, member.id) == []


def test_no_button_mutes_what_cannot_be_muted(client: Any, make_member: Make, say: Make) -> None:
    """Points and whole queues have no number: the button of such a message used to end in a refusal."""
    member = make_member()
    for topic in ("points", "queue:forum.first_answer"):
        say(member, key=topic, topic=topic)
    assert "/messages/mute" not in client.get("/inbox", actor=member).text
    say(member, key="item")
    assert "/messages/mute" in client.get("/inbox", actor=member).text


def test_a_muted_theme_leads_owners_to_no_page_of_staff(client: Any, make_member: Make, say: Make) -> None:
    member, colleague = make_member(), make_member("产品", Role.PM)
    for one in (member, colleague):
        for topic in ("theme:3", "announcement:4"):
            client.post("/messages/mute", actor=one, data={"topic": topic})
    page = client.get("/me/messages", actor=member).text
    assert "主题 3" in page
    assert "公告 4" in page
    assert "/themes/3" not in page
    assert "/themes/3" in client.get("/me/messages", actor=colleague).text


def test_a_mail_about_points_offers_to_stop_its_kind_alone(client: Any, runtime: Runtime, link: Make) -> None:
    one = link(OWN, "points")
    assert 'value="topic"' not in client.get(one.path).text
    assert client.post(one.path, browser=False, data={"what": "topic"}).status_code == 200
    assert chosen(runtime, one.member)[OWN] == Mode.INBOX


@pytest.fixture
def link(runtime: Runtime, make_member: Make) -> Callable[..., SimpleNamespace]:
    """`link("stages")`: a member, and the path in their mail."""

    def make(group: str, topic: str = "item:3") -> SimpleNamespace:
        member = make_member()
        token = links.sign(runtime.settings, links.Stop(member.id, group, topic))
        return SimpleNamespace(member=member, path=f"/unsubscribe/{token}")

    return make


def test_a_mail_program_stops_a_group_with_one_click_and_no_login(
    client: Any, runtime: Runtime, link: Make, say: Make, logged: Make
) -> None:
    one = link("stages")
    answer = client.post(one.path, browser=False, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert chosen(runtime, one.member)["stages"] == Mode.INBOX
    say(one.member)
    assert logged(one.member) == [("skipped", "unsubscribed")]
    assert logged(one.member, Channel.INBOX) == [("sent", "")]


def test_looking_at_the_link_changes_nothing(client: Any, runtime: Runtime, link: Make) -> None:
    one = link("stages")
    before = chosen(runtime, one.member)
    assert "停止发送这类邮件" in client.get(one.path).text
    assert chosen(runtime, one.member) == before


def test_the_link_can_mute_the_topic_alone_or_all_digests(client: Any, runtime: Runtime, link: Make) -> None:
    one, all_digests = link("stages"), link(links.DIGEST, "")
    client.post(one.path, data={"what": "topic"})
    assert chosen(runtime, one.member)["stages"] == Mode.DAILY
    with runtime.database.read() as session:
        assert muted(session, one.member.id) == ["item:3"]
    client.post(all_digests.path, data={})
    held = chosen(runtime, all_digests.member)
    assert {held[name] for name in ("stages", "followed", "releases")} == {Mode.INBOX}
    assert held[OWN] == Mode.MAIL


def test_a_link_that_we_did_not_sign_does_nothing(client: Any, runtime: Runtime, link: Make) -> None:
    one = link("stages")
    for path in (one.path[:-3] + "abc", "/unsubscribe/x", "/unsubscribe/WzEsIm93biIsIiJd.x"):
        assert client.post(path, browser=False).status_code == 404
    assert chosen(runtime, one.member)["stages"] == Mode.DAILY


def test_reach_says_what_telling_will_do_and_writes_nothing(
    client: Any, runtime: Runtime, make_member: Make, say: Make, logged: Make
) -> None:
    members = [make_member() for _ in range(4)]
    client.post("/messages/mute", actor=members[0], data={"topic": "item:3"})
    ids = [member.id for member in members]
    with runtime.database.read() as session:
        told = reach(session, ids, "test.step", topic="item:3", own=[members[1].id])
    assert told.total == 4
    assert told.channels == {"inbox": 3}
    assert told.skipped == {"inbox:muted": 1, "mail:muted": 1, "mail:not_set_up": 3}
    assert logged(members[1]) == []
    assert say(*members) == 3


def test_a_page_offers_to_mute_what_its_reader_was_told_about(
    client: Any, runtime: Runtime, make_post: Make, make_member: Make, say: Make
) -> None:
    post, member = make_post(), make_member()
    assert "静音" not in client.get(f"/posts/{post.id}", actor=member).text
    say(member, topic=f"post:{post.id}")
    page = client.get(f"/posts/{post.id}", actor=member).text
    assert f'value="post:{post.id}"' in page
    answer = client.post("/messages/mute", actor=member, data={"topic": f"post:{post.id}", "next": f"/posts/{post.id}"})
    assert answer.headers["location"] == f"/posts/{post.id}"
    assert "/messages/unmute" in client.get(f"/posts/{post.id}", actor=member).text
