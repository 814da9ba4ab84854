"""The inbox: one message per member and key, the reason on each, read marks."""

import pytest
from sqlmodel import select

from cocreate.core.module import Notice
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.queries import unread_count
from cocreate.notify.inbox.service import tell, translated

NOTICE = Notice(title="“%(title)s” is %(stage)s now", reason="because you wrote #%(post)s", body="%(sentence)s")


@pytest.fixture(autouse=True)
def notice(runtime):
    runtime.notices["test.stage"] = NOTICE
    yield
    del runtime.notices["test.stage"]


@pytest.fixture
def told(runtime):
    """`told(member, key="k", **params)`: leave a message, how many were new."""

    def leave(*members, key="k", url="/garage", **params):
        values = {"title": "座椅通风", "stage": "planned", "post": 12, "sentence": "排进 2.4"} | params
        with runtime.database.write() as session:
            return tell(session, [member.id for member in members], "test.stage", key=key, params=values, url=url)

    return leave


def rows(runtime):
    with runtime.database.read() as session:
        return session.exec(select(InboxMessage).order_by(InboxMessage.id)).all()


def test_every_member_gets_one_message_however_often_it_is_told(runtime, make_member, told):
    one, two, late = make_member(), make_member(), make_member()
    assert told(one, two, one) == 2
    assert told(one, two) == 0
    assert told(one, two, late) == 1
    assert [row.member_id for row in rows(runtime)] == [one.id, two.id, late.id]


def test_another_key_is_another_message(runtime, make_member, told):
    member = make_member()
    assert told(member, key="item:1:planned:1") == 1
    assert told(member, key="item:1:planned:2") == 1


def test_each_member_can_be_given_values_of_their_own(client, runtime, make_member):
    one, two = make_member(), make_member()
    params = {
        member.id: {"title": "t", "stage": "s", "post": number, "sentence": ""}
        for number, member in ((7, one), (9, two))
    }
    with runtime.database.write() as session:
        tell(session, params, "test.stage", key="k", params=params, url="/")
    assert "because you wrote #7" in client.get("/inbox", actor=one).text
    assert "because you wrote #9" in client.get("/inbox", actor=two).text


def test_hundreds_are_told_in_few_statements(runtime, make_member, count_queries):
    with runtime.database.write() as session:
        from cocreate.identity.members.models import Member

        members = [Member(name=f"m{number}") for number in range(600)]
        session.add_all(members)
        session.flush()
        ids = [member.id for member in members]
    with runtime.database.write() as session, count_queries() as statements:
        assert tell(session, ids, "test.stage", key="k", params={}, url="/") == 600
    assert len(statements) <= 9


def test_a_message_says_what_happened_and_why_one_gets_it(client, make_member, told):
    member = make_member()
    told(member, title="座椅<b>通风", stage=translated("Saved."))
    page = client.get("/inbox", actor=member).text
    assert "“座椅&lt;b&gt;通风” is 已保存。 now" in page
    assert "because you wrote #12" in page
    assert "排进 2.4" in page


def test_a_wording_with_a_gap_does_not_break_the_page(client, runtime, make_member):
    member = make_member()
    with runtime.database.write() as session:
        tell(session, [member.id], "test.stage", key="k", params={}, url="/")
        tell(session, [member.id], "gone.module", key="k2", params={}, url="/")
    page = client.get("/inbox", actor=member)
    assert page.status_code == 200
    assert "有新的进展" in page.text


def test_opening_a_message_marks_it_and_leads_on(client, runtime, make_member, told):
    member = make_member()
    told(member, url="/roadmap/3")
    [message] = rows(runtime)
    answer = client.post(f"/inbox/{message.id}/read", actor=member, data={"open": "1"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/roadmap/3")
    assert rows(runtime)[0].read_at is not None


def test_marking_one_answers_htmx_with_its_row(client, runtime, make_member, told):
    member = make_member()
    told(member)
    [message] = rows(runtime)
    part = client.post(f"/inbox/{message.id}/read", actor=member, htmx=True)
    assert "<html" not in part.text
    assert f'id="letter-{message.id}"' in part.text
    assert "is-unread" not in part.text


def test_nobody_reads_or_marks_anothers_message(client, runtime, make_member, told):
    owner, stranger = make_member(), make_member()
    told(owner)
    [message] = rows(runtime)
    assert "because you wrote" not in client.get("/inbox", actor=stranger).text
    assert client.post(f"/inbox/{message.id}/read", actor=stranger).status_code == 404
    client.post("/inbox/read", actor=stranger)
    assert rows(runtime)[0].read_at is None


def test_the_badge_counts_what_is_unread_with_one_query(client, runtime, make_member, told, count_queries):
    member = make_member()
    for number in range(3):
        told(member, key=str(number))
    client.get("/garage", actor=member)
    with count_queries() as statements:
        page = client.get("/garage", actor=member).text
    assert '<span class="badge"' in page
    assert sum("inbox_message" in statement for statement in statements) == 1
    client.post("/inbox/read", actor=member)
    assert '<span class="badge"' not in client.get("/garage", actor=member).text
    with runtime.database.read() as session:
        assert unread_count(session, member.id) == 0


def test_the_unread_can_be_seen_alone(client, runtime, make_member, told):
    member = make_member()
    told(member, key="old", title="旧消息")
    client.post("/inbox/read", actor=member)
    told(member, key="new", title="新消息")
    page = client.get("/inbox?show=unread", actor=member).text
    assert "新消息" in page
    assert "旧消息" not in page


def test_an_empty_inbox_says_why_it_is_empty(client, make_member, told):
    member = make_member()
    assert "还没有消息" in client.get("/inbox", actor=member).text
    told(member)
    client.post("/inbox/read", actor=member)
    assert "都看完了" in client.get("/inbox?show=unread", actor=member).text


def test_guests_have_no_inbox(client):
    assert client.get("/inbox").headers["location"].startswith("/sign-in")
