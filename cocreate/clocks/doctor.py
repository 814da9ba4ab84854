"""What `cocreate doctor` asks about clocks: whether the holidays of the months ahead are known."""

from cocreate.clocks.calendar import missing_years
from cocreate.clocks.queries import calendar_of
from cocreate.core import clock
from cocreate.core.runtime import Runtime

TITLE = "public holidays of the next three months"


def holidays(runtime: Runtime) -> tuple[str, bool, str]:
    try:
        with runtime.database.read() as session:
            days = calendar_of(session)
    except Exception:  # the check of the database has said why
        return TITLE, False, "see the database above"
    years = missing_years(clock.now().astimezone(days.zone).date(), days)
    if not years:
        return TITLE, True, ""
    named = ", ".join(map(str, years))
    # Nothing is broken: clocks count weekends until then. Each autumn it is true on every site for some weeks.
    todo = f"upgrade the package chinesecalendar once it has {named}, or enter the days off at /waiting/calendar"
    return f"{TITLE}: {named} unknown; {todo}", True, ""
