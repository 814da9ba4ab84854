"""What the preview calls reasons, verdicts, ways and causes of waiting."""

from cocreate.core.text_marks import N_
from roadmap.applicability.words import KIND_LABELS

REASONS = {
    "wrote": N_("because they wrote it"),
    "voted": N_("because they voted for it"),
    "follows": N_("because they follow it or added a scene"),
}
CARS = {**KIND_LABELS, "no_car": N_("no car in the garage")}
CHANNELS = {"inbox": N_("Inbox"), "mail": N_("Mail")}
LATER = {
    "quiet": N_("wait until their quiet hours end"),
    "digest": N_("come with the next digest"),
    "cap": N_("wait, because the day's mails are used up"),
}
SKIPPED = {
    "left": N_("have left"),
    "suspended": N_("are suspended"),
    "muted": N_("have muted it"),
    "off": N_("want no such messages"),
    "inbox_only": N_("read in the inbox only"),
    "unsubscribed": N_("have unsubscribed"),
    "no_address": N_("have no address"),
    "not_set_up": N_("mail is not set up here"),
}
OTHER = N_("for another reason")
