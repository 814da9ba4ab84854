"""What clocks tell staff: one message for each step that a clock takes, or one for many that take it at once."""

from cocreate.clocks.rules import DUE, LEADERSHIP, WARNED
from cocreate.core.module import Notice
from cocreate.core.text_marks import N_

_ASKED = N_("Because you are asked for it.")
_HEAD = N_("Because you answer for those who are asked.")
_LEADS = N_("Because you are the leadership, and one more period passed without an answer.")
_BODY = N_("%(queue)s · promised until %(due)s")

ONE = {WARNED: "clocks.warned", DUE: "clocks.due", LEADERSHIP: "clocks.leadership"}
MANY = {step: f"{name}_many" for step, name in ONE.items()}

NOTICES = {
    "clocks.warned": Notice(N_("“%(what)s” needs an answer soon"), _ASKED, _BODY, group="work"),
    "clocks.due": Notice(N_("“%(what)s” was not answered in time"), _HEAD, _BODY, group="work"),
    "clocks.leadership": Notice(N_("“%(what)s” still has no answer"), _LEADS, _BODY, group="work"),
    "clocks.warned_many": Notice(N_("%(count)s need an answer soon: %(queue)s"), _ASKED, group="work"),
    "clocks.due_many": Notice(N_("%(count)s were not answered in time: %(queue)s"), _HEAD, group="work"),
    "clocks.leadership_many": Notice(N_("%(count)s still have no answer: %(queue)s"), _LEADS, group="work"),
}
