"""What a message is about, such as "post:12", as a reader sees it."""

import re

from cocreate.core.text_marks import N_
from cocreate.web.page import Page

KIND_LABELS = {
    "post": N_("Post #%(id)s"),
    "item": N_("Roadmap item %(id)s"),
    "release": N_("Release %(id)s"),
    "theme": N_("Theme %(id)s"),
    "announcement": N_("Announcement %(id)s"),
    "points": N_("Points"),
}
KIND_PATHS = {"post": "/posts/", "item": "/roadmap/", "release": "/releases/"}
STAFF_PATHS = {**KIND_PATHS, "theme": "/themes/"}
_TOPIC = re.compile(r"[a-z_]{1,20}:[1-9][0-9]{0,17}")


def mutable(topic: str) -> bool:
    """Whether it is one thing that somebody may want to hear no more of; "points" or a whole queue is none."""
    return _TOPIC.fullmatch(topic) is not None


def named(page: Page, topic: str) -> tuple[str, str]:
    """Words and path for a topic; the topic itself for a kind that has no words, and no path where the reader has no
    page of it."""
    kind, _, number = topic.partition(":")
    label = KIND_LABELS.get(kind)
    path = (STAFF_PATHS if page.actor.staff else KIND_PATHS).get(kind)
    return page.text(label, id=number) if label else topic, path + number if path else ""
