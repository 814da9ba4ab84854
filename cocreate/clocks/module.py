"""Clocks' contribution: times that are owed to people, their ladder, and the calendar they are counted in."""

from cocreate.clocks.doctor import holidays
from cocreate.clocks.ladder import JOB, REWIND, climb, rewind
from cocreate.clocks.notices import NOTICES
from cocreate.core.actor import STAFF, Role
from cocreate.core.module import Job, Module, NavItem, Timer
from cocreate.core.text_marks import N_

module = Module(
    name="clocks",
    routers=["cocreate.clocks.routes"],
    models=["cocreate.clocks.models"],
    jobs=[Job(JOB, climb, own_sessions=True), Job(REWIND, rewind, own_sessions=True)],
    timers=[Timer(JOB, every_minutes=5)],
    policies={"clocks.read": STAFF, "clocks.arrange": frozenset({Role.PM, Role.ADMIN})},
    nav=[
        NavItem(
            N_("Unanswered"), "show_waiting", "clock", room="staff", group="care", policy="clocks.read", position=10
        )
    ],
    notices=NOTICES,
    doctor=[holidays],
)
