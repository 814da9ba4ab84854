"""What an owner reads who is asked something."""

from cocreate.core.module import Notice
from cocreate.core.text_marks import N_

NOTICES = {
    "theme.question": Notice(
        N_("We have a question about what you wrote"),
        N_("Because you wrote #%(id)s."),
        N_("%(question)s"),
        group="own",
    ),
}
