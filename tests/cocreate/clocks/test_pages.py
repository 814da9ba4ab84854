"""Staff see who waits; product managers set times and calendar; a year without holidays is said aloud."""

import html
import re
from datetime import timedelta

import pytest

from cocreate.clocks import service
from cocreate.clocks.doctor import holidays
from cocreate.core.actor import Role
from cocreate.web.paging import encode_cursor

pytestmark = pytest.mark.usefixtures("queue")
QUEUE = "test.answer"


@pytest.fixture
def pm(make_member):
    return make_member("产品", Role.PM)


def start(runtime, subject_id, **values):
    with runtime.database.write() as session:
        service.start(session, QUEUE, subject_id, title=f"信{subject_id}", url=f"/letters/{subject_id}", **values)


def test_who_waits_longest_stands_first_and_filters_narrow(client, runtime, clock_at, people, pm):
    now = clock_at("2026-03-10 10:00")
    start(runtime, 1)
    start(runtime, 2, hours=1, department_id=people["department"])
    start(runtime, 3, hours=4, scope_id=7)
    clock_at("2026-03-10 12:30")
    page = client.get("/waiting", actor=pm).text
    assert page.index("信2") < page.index("信3") < page.index("信1")
    assert "到期" in page
    assert "Cockpit" in page
    assert now

    def titles(query):
        text = client.get(f"/waiting?{query}", actor=pm).text
        return [number for number in (1, 2, 3) if f"信{number}" in text]

    assert titles("state=over") == [2]
    assert titles("state=soon") == [3]
    assert titles(f"department={people['department']}") == [2]
    assert titles(f"queue={QUEUE}&scope=7") == [3]
    assert titles("queue=post.first_answer") == []
    assert titles("mine=1") == []
    assert titles("state=nonsense&queue=nonsense") == [1, 2, 3]
    assert client.get("/waiting?cursor=x", actor=pm).status_code == 422
    beyond = encode_cursor(["0001-01-01T00:00:00+23:59", 1])
    assert client.get(f"/waiting?cursor={beyond}", actor=pm).status_code == 422


def test_what_is_asked_of_me_is_mine_or_my_departments(client, runtime, clock_at, people, make_actor_of):
    clock_at("2026-03-10 10:00")
    from cocreate.identity.members.models import Member

    with runtime.database.read() as session:
        agent = session.get_one(Member, people["agent"])
        session.expunge(agent)
    start(runtime, 1, member_id=people["agent"])
    start(runtime, 2, department_id=people["department"])
    start(runtime, 3)
    text = client.get("/waiting?mine=1", actor=agent).text
    assert "信1" in text
    assert "信2" in text
    assert "信3" not in text


def test_a_long_list_is_read_page_by_page(client, runtime, clock_at, pm):
    clock_at("2026-03-10 10:00")
    for number in range(1, 36):
        start(runtime, number, hours=9 + (number % 3))
    seen, path = [], f"/waiting?queue={QUEUE}"
    for _ in range(2):
        text = client.get(path, actor=pm).text
        seen += [number for number in range(1, 36) if f"信{number}<" in text]
        following = re.search(r'href="(/waiting\?[^"]*cursor=[^"]+)"', text)
        path = html.unescape(following[1]) if following else ""
    assert not path
    assert sorted(seen) == list(range(1, 36))


def test_times_are_set_for_a_part_and_taken_back(client, runtime, clock_at, people, pm):
    now = clock_at("2026-03-10 10:00")
    form = {"queue": QUEUE, "scope": "7", "hours": "2", "warn_hours": "1", "period_hours": "3"}
    assert client.post("/waiting/times", data=form, actor=pm).status_code == 303
    start(runtime, 1, scope_id=7)
    assert client.post("/waiting/times/clear", data=form, actor=pm).status_code == 303
    start(runtime, 2, scope_id=7)
    with runtime.database.read() as session:
        views = service.read(session, QUEUE, [1, 2])
    assert (views[1].due_at, views[2].due_at) == (now + timedelta(hours=2), now + timedelta(days=1))
    assert client.post("/waiting/times", data={**form, "hours": "-1"}, actor=pm).status_code == 422
    assert client.post("/waiting/times", data={**form, "scope": "8"}, actor=pm).status_code == 422
    assert client.post("/waiting/times", data={**form, "queue": "none"}, actor=pm).status_code == 404
    for nobody in ("99", "9" * 20):
        assert client.post("/waiting/times", data={**form, "department": nobody}, actor=pm).status_code == 422
    assert client.get("/waiting/times", actor=pm).status_code == 200


def test_days_off_and_hours_are_entered_and_count_anew(client, runtime, clock_at, people, pm, worker):
    clock_at("2026-03-10 10:00")
    start(runtime, 1)
    days = {"first": "2026-03-11", "last": "2026-03-12", "name": "厂休"}
    assert client.post("/waiting/calendar/days", data=days, actor=pm).status_code == 303
    worker.drain()
    with runtime.database.read() as session:
        assert service.read(session, QUEUE, [1])[1].due_at == clock_at("2026-03-13 10:00")
    clock_at("2026-03-10 10:00")
    assert "厂休" in client.get("/waiting/calendar", actor=pm).text
    for day in ("2026-03-11", "2026-03-12"):
        assert client.post("/waiting/calendar/days/clear", data={"day": day}, actor=pm).status_code == 303
    assert client.post("/waiting/calendar/hours", data={"spans": "10:00-16:00"}, actor=pm).status_code == 303
    worker.drain()
    with runtime.database.read() as session:
        assert service.read(session, QUEUE, [1])[1].due_at == clock_at("2026-03-11 13:00")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("days", {"first": "2026-03-12", "last": "2026-03-11"}),
        ("days", {"first": "2026-03-12", "last": "2036-03-11"}),
        ("days", {"first": "morgen"}),
        ("hours", {"spans": "18:00-09:00"}),
        ("hours", {"spans": ""}),
        ("hours", {"spans": "09:00+08:00-18:00"}),
        ("hours", {"spans": "09:00-09:01"}),
    ],
)
def test_a_calendar_that_is_none_is_refused(client, pm, path, form):
    assert client.post(f"/waiting/calendar/{path}", data=form, actor=pm).status_code == 422


def test_agents_look_and_owners_do_not(client, make_member):
    agent, owner = make_member("小林", Role.AGENT), make_member()
    for path in ("/waiting", "/waiting/times", "/waiting/calendar"):
        assert client.get(path, actor=agent).status_code == 200
        assert client.get(path, actor=owner).status_code == 403
    form = {"spans": "10:00-16:00"}
    assert client.post("/waiting/calendar/hours", data=form, actor=agent).status_code == 403


def test_a_year_ahead_without_holidays_is_said_on_the_pages_and_by_the_doctor(client, runtime, clock_at, make_member):
    clock_at("2089-06-01 10:00")
    pm = make_member("产品", Role.PM)
    client.post("/waiting/calendar/days", data={"first": "2089-01-01"}, actor=pm)
    assert "2090" not in holidays(runtime)[0]
    clock_at("2089-11-01 10:00")
    title, fine, _ = holidays(runtime)
    assert fine, "nothing is broken, and a deployment must not stop for it each autumn"
    assert "2090" in title
    assert "/waiting/calendar" in title
    pm = make_member("产品", Role.PM)  # the browser of June was signed out meanwhile
    for path in ("/waiting", "/waiting/times", "/waiting/calendar"):
        assert "2090 年的法定节假日" in client.get(path, actor=pm).text
    client.post("/waiting/calendar/days", data={"first": "2090-01-01"}, actor=pm)
    assert "2090" not in holidays(runtime)[0]
    assert "2090 年的法定节假日" not in client.get("/waiting", actor=pm).text
