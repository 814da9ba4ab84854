"""The demo's value report: counted as every night counts it, for the months in which somebody spoke."""

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from roadmap.value.counting import count
from roadmap.value.months import later, month_of
from roadmap.value.service import store

MONTHS = 3


def seed(runtime: Runtime) -> None:
    """Count the months of the demo."""
    zone = runtime.settings.zone
    present = month_of(clock.now(), zone)
    for month in (later(present, -back) for back in range(MONTHS, -1, -1)):
        with runtime.database.read() as session:
            figures = count(session, month, zone)
        with runtime.database.write() as session:
            store(session, month, figures, final=month != present)
