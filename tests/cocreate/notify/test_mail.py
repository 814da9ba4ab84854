"""Mail to a real SMTP server: once, when it may come, in the reader's language, easy to stop, repeated at most once."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import blank_member
from cocreate.notify.deliveries.models import Channel, Delivery, DeliveryStep, State
from cocreate.notify.groups import OWN, Mode
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import mark_all_read
from cocreate.notify.mail import doctor, sender
from cocreate.notify.mail.compose import plain
from cocreate.notify.mail.server import Unreachable
from cocreate.notify.preferences.models import MessageHours
from cocreate.notify.preferences.service import choose, mute
from tests.cocreate.notify.conftest import Mailbox

Make = Callable[..., Any]
NOON = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(time_machine: Any) -> Any:
    """Nobody's quiet hours."""
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def wants(runtime: Runtime) -> Callable[..., None]:
    """`wants(member, "stages", Mode.MAIL)`"""

    def put(member: Any, group: str, mode: Mode) -> None:
        with runtime.database.write() as session:
            choose(session, member.id, group, mode)

    return put


def test_a_mail_says_what_and_why_in_text_and_html_and_how_to_stop(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make
) -> None:
    member = make_member(language="zh-Hans")
    say(member, own=True, title="座椅<b>通风", quote="夏天后背全湿", aside="我的车：随 OTA 2.4 更新")
    assert sender.deliver(runtime) == 1
    [mail] = mailing.mails
    assert mailing.to == [member.email]
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert mail["subject"] == "“座椅<b>通风” moves"
    for words in ("座椅<b>通风", "夏天后背全湿", "OTA 2.4", "因为你写过 #12", "https://forum.example/roadmap/3"):
        assert words in text
    assert "座椅&lt;b&gt;通风" in html
    assert '<html lang="zh-Hans">' in html
    assert "不再接收这类邮件" in html
    assert "prefers-color-scheme: dark" in html
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert mail["list-unsubscribe"].startswith("<https://forum.example/unsubscribe/")
    assert mail["from"] == "共创 <hello@brand.example>"


def test_a_mail_leaves_once_however_often_it_is_told_and_delivered(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make
) -> None:
    member = make_member()
    for _ in range(3):
        say(member, own=True)
        sender.deliver(runtime)
    assert len(mailing.mails) == 1
    assert logged(member) == [("sent", "")]


def test_words_cannot_begin_a_header(runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make) -> None:
    say(make_member(), own=True, title="x\r\nBcc: spy@example.com\r\n\u202etxt")
    sender.deliver(runtime)
    [mail] = mailing.mails
    assert mail["bcc"] is None
    assert mail["subject"] == "“x Bcc: spy@example.com txt” moves"
    assert plain("a\r\n\x00b\u2028c") == "a b c"


def test_a_killed_sender_leaves_one_mail_that_comes_again_with_the_same_id(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, noon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [make_member() for _ in range(3)]
    say(*members, own=True)

    class Killed(BaseException):
        pass

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sender, "settle", die)  # the server has taken the mail, and nobody notes it
        with pytest.raises(Killed):
            sender.deliver(runtime)
    assert sender.deliver(runtime) == 2  # the others; the first is in the dead sender's hands
    noon.move_to(NOON + sender.LEASE + timedelta(seconds=1), tick=False)
    assert sender.deliver(runtime) == 1
    assert sorted(mailing.to) == sorted([members[0].email, *(member.email for member in members)])
    ids = [mail["message-id"] for mail in mailing.mails]
    assert ids[0] == ids[3]
    assert len(set(ids)) == 3
    with runtime.database.read() as session:
        assert [step.reason.value for step in session.exec(select(DeliveryStep)) if step.reason] == ["again"]


def test_at_its_start_the_sole_sender_takes_up_what_a_dead_one_held(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make
) -> None:
    say(make_member(), own=True)
    with runtime.database.write() as session:
        assert sender.take(session) is not None
    assert sender.deliver(runtime) == 0
    sender.release_all(runtime)
    assert sender.deliver(runtime) == 1


def test_a_server_that_says_later_is_asked_again_and_given_up_in_the_end(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make, noon: Any
) -> None:
    member = make_member()
    say(member, own=True)
    moment = NOON
    for _ in range(8):
        mailing.refuse = ["451 try later"]
        assert sender.deliver(runtime) == 0
        moment += timedelta(days=1)
        noon.move_to(moment, tick=False)
    assert logged(member) == [("parked", "refused")]
    mailing.refuse = []
    assert sender.deliver(runtime) == 0


def test_a_refused_address_is_given_up_at_once_and_never_shown(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make
) -> None:
    member = make_member()
    mailing.refuse = [f"550 no such user {member.email}"]
    say(member, own=True)
    sender.deliver(runtime)
    assert logged(member) == [("parked", "refused")]
    with runtime.database.read() as session:
        details = [step.detail for step in session.exec(select(DeliveryStep))]
    assert details == ["550 no such user …"]


@pytest.mark.parametrize("user", ["", "u"])
def test_a_server_without_starttls_gets_neither_mail_nor_password(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make, configure: Make, user: str
) -> None:
    configure(smtp_tls="starttls", smtp_user=user, smtp_password="canary-password")
    member = make_member()
    say(member, own=True)
    with pytest.raises(Unreachable):
        sender.deliver(runtime)
    assert mailing.mails == []
    assert logged(member) == [("failed", "unreachable")]
    assert "canary-password" not in repr(runtime.settings)


def test_what_one_follows_comes_in_one_digest_and_never_once_more(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make, noon: Any
) -> None:
    member = make_member(language="en")
    say(member, key="a", title="one")
    say(member, key="b", title="two")
    say(member, key="own", own=True, title="mine")
    assert sender.deliver(runtime) == 1
    noon.move_to(NOON + timedelta(hours=21), tick=False)
    assert sender.deliver(runtime) == 1
    assert sender.deliver(runtime) == 0
    digest = mailing.mails[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "one" in digest
    assert "two" in digest
    assert "mine" not in digest
    assert mailing.mails[1]["subject"] == "2 pieces of news for you"
    assert logged(member) == [("sent", "")] * 3


def test_a_digest_that_comes_again_after_a_crash_is_the_same_mail_whatever_joined_or_was_read(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, noon: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = make_member(language="en")
    say(member, key="a", title="one")
    say(member, key="b", title="two")
    noon.move_to(NOON + timedelta(hours=21), tick=False)

    class Killed(BaseException):
        pass

    def die(*_args: Any, **_kwargs: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(sender, "settle", die)
        with pytest.raises(Killed):
            sender.deliver(runtime)
    with runtime.database.write() as session:
        mark_all_read(session, member.id)
        first = session.exec(select(InboxMessage).where(InboxMessage.key == "b")).one()
        first.read_at = None
    say(member, key="c", title="three")
    noon.move_to(NOON + timedelta(hours=46), tick=False)
    assert sender.deliver(runtime) == 1
    again = mailing.mails[1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert ("one" in again, "two" in again, "three" in again) == (False, True, True)
    assert mailing.mails[0]["message-id"] == mailing.mails[1]["message-id"]
    say(member, key="d", title="four")
    noon.move_to(NOON + timedelta(hours=70), tick=False)
    assert sender.deliver(runtime) == 1
    assert mailing.mails[2]["message-id"] != mailing.mails[1]["message-id"]


def test_a_digest_leaves_out_what_was_read_in_the_inbox(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make, noon: Any
) -> None:
    member = make_member()
    say(member, key="a")
    with runtime.database.write() as session:
        mark_all_read(session, member.id)
    say(member, key="b")
    noon.move_to(NOON + timedelta(hours=21), tick=False)
    assert sender.deliver(runtime) == 1
    assert logged(member) == [("skipped", "read"), ("sent", "")]


def test_the_seventh_mail_of_a_day_waits_for_the_digest_and_ones_own_does_not(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, wants: Make, logged: Make
) -> None:
    member = make_member()
    wants(member, "stages", Mode.MAIL)
    with runtime.database.write() as session:
        session.add(MessageHours(member_id=member.id, cap=2))
    for number in range(3):
        say(member, key=str(number))
    say(member, key="own", own=True)
    sender.deliver(runtime)
    assert logged(member) == [("sent", ""), ("sent", ""), ("planned", "cap"), ("sent", "")]


def test_a_mail_of_the_night_leaves_in_the_morning(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make, noon: Any
) -> None:
    noon.move_to(NOON + timedelta(hours=11), tick=False)
    member = make_member()
    say(member, own=True)
    assert logged(member) == [("planned", "quiet")]
    assert sender.deliver(runtime) == 0
    noon.move_to(NOON + timedelta(hours=20, minutes=1), tick=False)
    assert sender.deliver(runtime) == 1


@pytest.mark.parametrize("what", ["mute", "off", "leave", "suspend"])
def test_what_somebody_decides_before_a_mail_leaves_still_counts(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, wants: Make, logged: Make, what: str
) -> None:
    member = make_member()
    wants(member, "stages", Mode.MAIL)
    say(member)
    with runtime.database.write() as session:
        row = session.get_one(Member, member.id)
        if what == "mute":
            mute(session, member.id, "item:3")
        elif what == "off":
            choose(session, member.id, "stages", Mode.OFF)
        elif what == "leave":
            blank_member(session, row, by=Actor(id=member.id))
        else:
            row.suspended_at = clock.now()
            session.add(row)
    assert sender.deliver(runtime) == 0
    reason = {"mute": "muted", "off": "off", "leave": "left", "suspend": "suspended"}[what]
    assert logged(member) == [("skipped", reason)]
    assert mailing.mails == []


def test_a_mail_whose_message_is_gone_is_not_sent(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make
) -> None:
    member = make_member()
    say(member, own=True)
    with runtime.database.write() as session:
        session.delete(session.exec(select(InboxMessage)).one())
    assert sender.deliver(runtime) == 0
    assert logged(member) == [("skipped", "gone")]


def test_without_a_mail_server_every_mail_is_skipped_and_old_ones_are_not_sent_later(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make, configure: Make
) -> None:
    member = make_member()
    say(member, key="while on", own=True)
    configure(smtp_host="")
    say(member, key="off", own=True)
    assert logged(member) == [("planned", ""), ("skipped", "not_set_up")]
    assert sender.give_up_all(runtime) == 1
    assert logged(member) == [("skipped", "not_set_up")] * 2
    assert logged(member, Channel.INBOX) == [("sent", "")] * 2
    assert doctor.mail(runtime)[1]
    assert "not set up" in doctor.mail(runtime)[0]


def test_the_doctor_asks_for_a_sender_and_for_encryption(runtime: Runtime, configure: Make) -> None:
    configure(smtp_host="mail.example.com", smtp_tls="none", mail_from="a@example.com")
    assert not doctor.mail(runtime)[1]
    configure(smtp_tls="starttls")
    assert doctor.mail(runtime)[1]
    configure(mail_from="")
    assert not doctor.mail(runtime)[1]


def test_two_senders_never_take_the_same_mail(runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make) -> None:
    say(*[make_member() for _ in range(4)], own=True)
    taken = []
    for _ in range(6):
        with runtime.database.write() as session:
            taken.append(sender.take(session))
    assert [len(one.ids) if one else 0 for one in taken] == [1, 1, 1, 1, 0, 0]
    with runtime.database.read() as session:
        assert {row.state for row in session.exec(select(Delivery).where(Delivery.channel == Channel.MAIL))} == {
            State.SENDING
        }


def test_an_own_matter_is_the_own_group_of_the_page(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, wants: Make, logged: Make
) -> None:
    member = make_member()
    wants(member, OWN, Mode.INBOX)
    say(member, own=True)
    assert logged(member) == [("skipped", "inbox_only")]
    assert logged(member, Channel.INBOX) == [("sent", "")]


def test_a_sender_that_the_server_does_not_want_costs_no_mail(
    runtime: Runtime, mailing: Mailbox, make_member: Make, say: Make, logged: Make, noon: Any
) -> None:
    """A wrong COCREATE_MAIL_FROM, or a log-in that has run out: the mails wait until it is mended."""
    members = [make_member(), make_member()]
    say(*members, own=True)
    mailing.refuse_sender = "550 5.7.1 sender not allowed"
    with pytest.raises(Unreachable):
        sender.deliver(runtime)
    assert sorted(logged(one)[0] for one in members) == [("failed", "unreachable"), ("planned", "")]
    mailing.refuse_sender = ""
    noon.move_to(NOON + timedelta(minutes=5), tick=False)
    assert sender.deliver(runtime) == 2
