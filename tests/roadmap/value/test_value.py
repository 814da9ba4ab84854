"""The value report: each figure counted on known months, kept once the month is over, shown against the one before."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from cocreate.clocks.models import ResponseClock
from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.notify.deliveries.models import Channel, Delivery, State
from feedback_cluster.dossiers.models import Dossier, DossierReceipt, DossierVoice
from feedback_cluster.themes.models import Theme
from forum.votes.models import Vote
from roadmap.items.models import RoadmapItem
from roadmap.links.models import ItemPost
from roadmap.promises import service as promises
from roadmap.promises.models import Promise, PromiseKind
from roadmap.promises.service import Words
from roadmap.value import counting, service
from roadmap.value.models import ValueMonth
from roadmap.value.months import later, span
from roadmap.value.words import FIGURES

Make = Callable[..., Any]
NOW = datetime(2026, 10, 15, 4, tzinfo=UTC)
SEPTEMBER = "2026-09"


def day(month: int, number: int, hour: int = 4) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def counted(runtime: Runtime, frozen: None) -> Callable[..., Any]:
    """`counted("votes")`: that figure of September, or of another month."""

    def of(name: str, month: str = SEPTEMBER) -> Any:
        with runtime.database.read() as session:
            return counting.count(session, month, runtime.settings.zone)[name]

    return of


def test_months_begin_where_owners_live(runtime: Runtime) -> None:
    assert span("2026-12", runtime.settings.zone) == (
        datetime(2026, 11, 30, 16, tzinfo=UTC), datetime(2026, 12, 31, 16, tzinfo=UTC),
    )  # fmt: skip
    assert [later("2026-01", -1), later("2026-11", 2), later("2026-10", -12)] == ["2025-12", "2027-01", "2025-10"]


def test_the_time_to_engineering_is_the_first_of_dossier_and_item(
    counted: Make, put_post: Make, put_theme: Make, make_item: Make, make_member: Make, database: Database
) -> None:
    posts = [put_post(created_at=day(9, 1)), put_post(created_at=day(9, 2)), put_post(created_at=day(9, 4)),
             put_post(created_at=day(9, 25)), put_post(created_at=day(8, 1))]  # fmt: skip
    item, engineer = make_item(), make_member("工程师", Role.AGENT)
    theme = put_theme("通风", posts)
    with database.write() as session:
        # An item of 20 September: two posts were there before, one joined later, one was known since August.
        session.connection().execute(sa.update(RoadmapItem).values(created_at=day(9, 20)))
        for post, since in ((posts[1], day(9, 20)), (posts[2], day(9, 20)), (posts[3], day(9, 26))):
            session.add(ItemPost(item_id=item.id, post_id=post.id, since=since))
        for number, (post, at) in enumerate(((posts[0], day(9, 4)), (posts[1], day(9, 5)), (posts[4], day(8, 3))), 1):
            dossier = Dossier(year=2026, serial=number, issue=1, theme_id=theme.id, name="通风", digest="x")
            session.add(dossier)
            session.flush()
            session.add(DossierVoice(dossier_id=dossier.id or 0, post_id=post.id))
            session.add(DossierReceipt(dossier_id=dossier.id or 0, member_id=engineer.id, at=at))
    # 3 days by dossier, 3 by dossier before the item, 16 by item; the late joiner and the one of August count not.
    assert counted("engineering") == {"voices": 3, "median_days": 3.0}
    assert counted("engineering", "2026-08") == {"voices": 1, "median_days": 2.0}
    assert counted("engineering", "2026-07") == {"voices": 0, "median_days": None}


def test_first_answers_are_those_that_were_given_in_the_month(counted: Make, database: Database) -> None:
    def waited(subject: int, started: datetime, hours: float, *, due: float = 24, answered: bool = True) -> None:
        with database.write() as session:
            session.add(ResponseClock(
                queue="post.first_answer", subject_id=subject, hours=due, warn_hours=1, period_hours=1,
                started_at=started, warn_at=started, due_at=started + timedelta(hours=due),
                stopped_at=started + timedelta(hours=hours), answered=answered,
            ))  # fmt: skip

    waited(1, day(9, 3), 2)
    waited(2, day(9, 3), 10)
    waited(3, day(9, 3), 30)
    waited(4, day(9, 3), 1, answered=False)
    waited(5, day(8, 31, 10), 12)
    waited(6, day(9, 30, 10), 12)
    assert counted("answer") == {"answered": 4, "in_time": 3, "median_hours": 11.0}


def test_votes_are_delivered_with_their_item_and_not_before(
    counted: Make, put_post: Make, make_member: Make, make_item: Make, step: Make, database: Database
) -> None:
    voters = [make_member() for _ in range(4)]
    wished, other = put_post(voters=voters[:3]), put_post(voters=[voters[3]])
    item = make_item(posts=[wished])
    step(item, "rolling_out", at=day(9, 12))
    with database.write() as session:
        session.connection().execute(sa.update(Vote).values(created_at=day(8, 5)))
        late = sa.update(Vote).where(col(Vote.member_id) == voters[2].id).values(created_at=day(10, 2))
        session.connection().execute(late)
    assert other.id
    assert counted("votes", "2026-08") == {"delivered": 0, "all": 3}
    assert counted("votes") == {"delivered": 2, "all": 3}
    assert counted("votes", "2026-10") == {"delivered": 3, "all": 4}


def test_promises_are_reckoned_in_the_month_of_their_day(
    counted: Make, database: Database, pm_actor: Actor, frozen: None
) -> None:
    def promise(due: date, settled: date | None = None) -> None:
        with database.write() as session:
            row = promises.make(session, Words("承诺", due_on=due), kind=PromiseKind.SERVICE, by=pm_actor)
            if settled:
                promises.keep(session, session.get_one(Promise, row.id), on=settled, by=pm_actor)

    promise(date(2026, 9, 30), date(2026, 9, 30))
    promise(date(2026, 9, 30), date(2026, 10, 1))
    promise(date(2026, 9, 30))
    promise(date(2026, 10, 31))
    assert counted("promises") == {"kept": 1, "late": 0, "owed": 1, "dropped": 0}
    assert counted("promises", "2026-10") == {"kept": 0, "late": 1, "owed": 0, "dropped": 0}


def test_a_theme_is_removed_when_it_is_spoken_of_half_as_often(
    counted: Make, put_post: Make, put_theme: Make, make_item: Make, make_release: Make, database: Database
) -> None:
    release = make_release("2.3", released_at=day(7, 15))
    weeks = {"before": date(2026, 7, 6), "after": date(2026, 7, 20)}

    def theme(name: str, before: int, after: int) -> Theme:
        made: Theme = put_theme(name, [put_post()])
        make_item(name, themes=[made], release=release.id)
        told = {weeks["before"].isoformat(): before, weeks["after"].isoformat(): after, "2026-07-13": 99}
        with database.write() as session:
            session.connection().execute(sa.update(Theme).where(col(Theme.id) == made.id).values(weekly=told))
        return made

    silent, loud, small = theme("通风", 10, 5), theme("哨兵", 10, 6), theme("雨刮", 3, 0)
    assert loud.id
    assert small.id
    found = counted("repeats")
    assert (found["themes"], found["removed"]) == (2, 1)
    assert found["list"] == [{"theme": silent.id, "release": release.id, "before": 10, "after": 5}]
    assert counted("repeats", "2026-08")["themes"] == 0


def test_people_are_counted_once_however_often_they_are_told(
    counted: Make, make_member: Make, database: Database
) -> None:
    one, two = make_member(), make_member()
    told = [(one, "a", "roadmap.step.wrote", day(9, 1), State.SENT),
            (one, "b", "roadmap.step.wrote", day(9, 2), State.SENT),
            (two, "a", "roadmap.step.voted", day(9, 3), State.SENT), (two, "b", "radar.theme", day(9, 3), State.SENT),
            (two, "c", "roadmap.step.voted", day(9, 3), State.SKIPPED),
            (two, "d", "roadmap.step.voted", day(10, 3), State.SENT)]  # fmt: skip
    with database.write() as session:
        session.add_all(
            Delivery(member_id=who.id, channel=Channel.INBOX, key=key, notice=notice, state=state, created_at=at)
            for who, key, notice, at, state in told
        )
    assert counted("told") == {"people": 2, "messages": 3}


def test_a_month_that_is_over_is_counted_once_more_and_then_stays(
    runtime: Runtime, frozen: None, monkeypatch: pytest.MonkeyPatch, put_post: Make, make_member: Make
) -> None:
    service.count_value(runtime)

    def rows() -> dict[str, ValueMonth]:
        with runtime.database.read() as session:
            return {row.month: row for row in session.exec(select(ValueMonth))}

    before = rows()
    assert len(before) == 13
    assert [month for month, row in sorted(before.items()) if not row.final] == ["2026-10"]
    put_post(voters=[make_member()])
    with runtime.database.write() as session:
        session.connection().execute(sa.update(Vote).values(created_at=day(9, 5)))
    monkeypatch.setattr(clock, "now", lambda: day(11, 2))
    service.count_value(runtime)
    after = rows()
    assert after["2026-09"].figures["votes"]["all"] == 0, "what was reported stays"
    assert after["2026-10"].figures["votes"]["all"] == 1
    assert (after["2026-10"].final, after["2026-11"].final) == (True, False)


@pytest.fixture
def two_months(database: Database, frozen: None) -> SimpleNamespace:
    """August and September, as they would be counted."""
    figures = {
        "engineering": {"voices": 30, "median_days": 9.5},
        "answer": {"answered": 50, "in_time": 40, "median_hours": 20.0},
        "votes": {"delivered": 100, "all": 1000}, "promises": {"kept": 3, "late": 1, "owed": 0, "dropped": 0},
        "repeats": {"themes": 0, "removed": 0, "list": []}, "told": {"people": 1200, "messages": 1300},
    }  # fmt: skip
    better = {**figures, "engineering": {"voices": 41, "median_days": 6.0}, "votes": {"delivered": 120, "all": 1000}}
    worse = {**better, "told": {"people": 900, "messages": 1000}}
    with database.write() as session:
        session.add(ValueMonth(month="2026-08", figures=figures, final=True))
        session.add(ValueMonth(month=SEPTEMBER, figures=worse, final=True))
    return SimpleNamespace(august=figures, september=worse)


def test_the_report_says_what_changed_and_whether_that_is_good(client: Any, pm: Member, two_months: Any) -> None:
    page = client.get("/value", actor=pm).text
    assert "成效月报 · 2026年9月" in page
    assert "比上月 −3.5 · 变好" in page
    assert "比上月 +2 · 变好" in page
    assert "比上月 −300 · 变差" in page
    assert "1,000 票中 120 票" in page
    for figure in FIGURES:
        assert f'id="value-{figure.name}"' in page
    assert "这个月没有可统计的内容。" in page


def test_the_table_holds_a_line_for_each_figure_and_month(client: Any, pm: Member, two_months: Any) -> None:
    answer = client.get(f"/value.csv?month={SEPTEMBER}", actor=pm)
    _head, *lines = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert len(lines) == 2 * len(FIGURES)
    found = {(line[0], line[1]): line[2] for line in lines}
    assert found["2026-09", "已兑现的票"] == "12.0"
    assert found["2026-08", "从车主发帖到工程部门"] == "9.5"
    assert found["2026-09", "版本消除的重复话题"] == ""


def test_json_gives_the_month_and_nobody_else_reads_it(
    client: Any, pm: Member, make_member: Make, make_token: Make, two_months: Any
) -> None:
    path = f"/api/v1/value?month={SEPTEMBER}"
    token = make_token(pm, "value:read")
    assert client.get(path, token=token).json()["votes"] == {"delivered": 120, "all": 1000}
    assert client.get("/api/v1/value?month=2025-01", token=token).status_code == 404
    assert client.get("/api/v1/value?month=2026-13", token=token).status_code == 404
    assert client.get(path, token=make_token(pm, "posts:read")).status_code == 403
    for role in (Role.MODERATOR, Role.AGENT, Role.HOST):
        assert client.get("/value", actor=make_member("", role)).status_code == 403
    assert client.get("/value").status_code in (303, 401)


def test_before_the_first_night_the_page_offers_to_count(client: Any, pm: Member, worker: Any) -> None:
    assert "还没有统计" in client.get("/value", actor=pm).text
    assert client.post("/value/count", actor=pm).status_code == 303
    worker.drain()
    page = client.get("/value", actor=pm).text
    assert "还没有统计" not in page
    assert client.get("/value?month=abc", actor=pm).status_code == 404
    # A number typed in a Chinese keyboard's full width would break the header with the file's name.
    assert client.get("/value.csv?month=２０２６-09", actor=pm).status_code == 404
