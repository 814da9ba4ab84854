"""How the question and its consequences are worded."""

from cocreate.core.module import Notice
from cocreate.core.text_marks import N_

NOTICES = {
    "followup.asked": Notice(
        title=N_("Did it fix it? “%(item)s”"), reason=N_("You asked for it, and it has reached your car."), group="own"
    ),
    "followup.asked_silent": Notice(
        title=N_("Does it work for you? “%(item)s”"), reason=N_("Your car has it. You are one of a few who are asked."),
        group="followed",
    ),
    "followup.solved": Notice(
        title=N_("Owners call “%(item)s” solved: %(percent)s %% of %(replies)s"),
        reason=N_("You decide whether it is confirmed."), group="work",
    ),
    "followup.reopened": Notice(
        title=N_("“%(item)s” is open again: %(percent)s %% of %(replies)s call it solved"),
        reason=N_("You look after the roadmap."), group="work",
    ),
}  # fmt: skip
