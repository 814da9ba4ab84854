"""What whoever issued a dossier hears."""

from cocreate.core.module import Notice
from cocreate.core.text_marks import N_

NOTICES = {
    "dossier.receipt": Notice(
        N_("%(who)s took note of %(number)s, issue %(issue)s"),
        N_("Because you issued this dossier."),
        N_("Theme: %(theme)s"),
        group="work",
    ),
}
