"""Clocks' contribution: times that are owed to people, their ladder, and the calendar they are counted in."""

from cocreate.clocks.ladder import JOB, REWIND, climb, rewind
from cocreate.clocks.notices import NOTICES
from cocreate.core.module import Job, Module, Timer

module = Module(
    name="clocks",
    models=["cocreate.clocks.models"],
    jobs=[Job(JOB, climb, own_sessions=True), Job(REWIND, rewind, own_sessions=True)],
    timers=[Timer(JOB, every_minutes=5)],
    notices=NOTICES,
)
