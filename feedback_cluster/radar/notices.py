"""What the radar tells product managers; once per alert."""

from cocreate.core.module import Notice
from cocreate.core.text_marks import N_

_BODY = N_("%(seen)s voices in %(days)s days; about %(expected)s were to be expected.")
_REASON = N_("Because you look after themes.")
NOTICES = {
    "radar.theme": Notice(N_("“%(theme)s” rises unusually"), _REASON, _BODY, group="work"),
    "radar.traffic": Notice(N_("Everything rises at once"), _REASON, _BODY, group="work"),
    "radar.many": Notice(
        N_("%(count)s themes rise at the same time"), _REASON, N_("The radar shows them side by side."), group="work"
    ),
}
