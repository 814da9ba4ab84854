"""What a message is about, such as "post:12", as a reader sees it."""

from cocreate.core.text_marks import N_
from cocreate.web.page import Page

KIND_LABELS = {
    "post": N_("Post #%(id)s"),
    "item": N_("Roadmap item %(id)s"),
    "release": N_("Release %(id)s"),
    "theme": N_("Theme %(id)s"),
}
KIND_PATHS = {"post": "/posts/", "item": "/roadmap/", "release": "/releases/", "theme": "/themes/"}


def named(page: Page, topic: str) -> tuple[str, str]:
    """Words and path for a topic; the topic itself and no path for a kind that has no page of its own."""
    kind, _, number = topic.partition(":")
    label = KIND_LABELS.get(kind)
    return (page.text(label, id=number), KIND_PATHS[kind] + number) if label else (topic, "")
