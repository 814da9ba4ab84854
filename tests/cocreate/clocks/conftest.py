"""A queue of a package that is not there, a moment in time, and what people were told."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from cocreate.clocks.ladder import climb
from cocreate.clocks.models import ClockStep
from cocreate.clocks.rules import Queue
from cocreate.core.actor import Role
from cocreate.core.module import Module
from cocreate.identity.departments.models import Department, DepartmentMember
from cocreate.notify.inbox.models import InboxMessage

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def crew():
    """Ids of those whom the queue warns where a clock names nobody."""
    return []


@pytest.fixture
def queue(runtime, monkeypatch, crew):
    """An answer within nine working hours, a warning two before it, the leadership nine after it."""
    made = Queue(
        "test.answer", "Letters", hours=9, warn_hours=2, period_hours=9, list_url="/letters",
        crew=lambda _session: crew, scopes=lambda _session: [(7, "Cockpit")],
    )  # fmt: skip
    monkeypatch.setattr(runtime, "modules", (*runtime.modules, Module(name="test", queues=[made])))
    return made


@pytest.fixture
def clock_at(time_machine):
    """`clock_at("2026-03-10 10:00")`: the time is this, for people in Shanghai, and stands still."""

    def move(text):
        moment = datetime.fromisoformat(text).replace(tzinfo=ZONE)
        time_machine.move_to(moment, tick=False)
        return moment

    return move


@pytest.fixture
def people(runtime, make_member):
    """An agent, the head of the department Cockpit, and the administrator, who is the leadership."""
    agent, head, lead = make_member("小林", Role.AGENT), make_member("老周", Role.PM), make_member("总经理", Role.ADMIN)
    with runtime.database.write() as session:
        department = Department(name="座舱", head_id=head.id)
        session.add(department)
        session.flush()
        session.add(DepartmentMember(department_id=department.id, member_id=agent.id))
        session.flush()
    return {"agent": agent.id, "head": head.id, "lead": lead.id, "department": department.id}


@pytest.fixture
def told(runtime):
    """`told()`: (member, notice) of every message, in the order of their writing."""

    def read():
        with runtime.database.read() as session:
            rows = session.exec(select(InboxMessage).order_by(col(InboxMessage.id))).all()
        return [(row.member_id, row.notice) for row in rows]

    return read


@pytest.fixture
def steps(runtime):
    """`steps()`: (step, local time it was taken) of every step."""

    def read():
        with runtime.database.read() as session:
            rows = session.exec(select(ClockStep).order_by(col(ClockStep.clock_id), col(ClockStep.step))).all()
        return [(row.step, f"{row.at.astimezone(ZONE):%m-%d %H:%M}") for row in rows]

    return read


@pytest.fixture
def tick(runtime, clock_at):
    """`tick("2026-03-10 17:00")`: the timer's round at this moment."""

    def run(text):
        clock_at(text)
        climb(runtime)

    return run
