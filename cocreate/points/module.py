"""Points' contribution: a ledger that every module may add rules to, one's own page, and what points are spent on."""

from cocreate.core.module import Job, Module, Timer
from cocreate.points import service

module = Module(
    name="points",
    models=["cocreate.points.models"],
    jobs=[Job("points.expire", service.expire)],
    timers=[Timer("points.expire", hour=4)],
)
