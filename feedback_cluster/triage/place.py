"""Where a product manager stands: the queue with its filters, read from the address, and the theme that comes next."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, Form
from pydantic import Field

from cocreate.core.tables import MAX_ID
from feedback_cluster.triage.queries import Filters, View

NAMES = ("view", "model", "board", "assignee", "q", "area", "department")
"""Parts of the queue's address that say what it shows."""


def number(text: str) -> int | None:
    """An id as an address may name it; None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) <= MAX_ID else None


def filters_of(told: dict[str, str]) -> Filters:
    """Filters from the parts of an address; what makes no sense counts as not asked for."""
    view = told.get("view", "")
    return Filters(
        view=View(view) if view in set(View) else View.NEW,
        model=told.get("model", "").strip()[:60],
        board=number(told.get("board", "")),
        assignee=number(told.get("assignee", "")),
        q=told.get("q", "").strip()[:80],
        area=number(told.get("area", "")),
        department=number(told.get("department", "")),
    )


def parts_of(address: str) -> dict[str, str]:
    """What an address of the queue asks for; nothing when somebody wrote it by hand."""
    try:
        shown = parse_qs(urlsplit(address).query)
    except ValueError:
        return {}
    return {name: shown[name][-1] for name in NAMES if name in shown}


@dataclass(frozen=True)
class Way:
    """Where an act came from. back: the page that it answers with; following: the theme that is shown once the one
    that was decided about has left the queue, 0 for none."""

    back: str = ""
    following: int = 0

    def from_queue(self, queue_path: str) -> bool:
        """Whether the act was done beside the queue."""
        return self.back == queue_path or self.back.startswith(f"{queue_path}?")

    @property
    def filters(self) -> Filters:
        return filters_of(parts_of(self.back))


def _way(
    back: Annotated[str, Form(max_length=2000)] = "",
    following: Annotated[int, Form(alias="next", ge=0, le=MAX_ID), Field()] = 0,
) -> Way:
    return Way(back, following)


CurrentWay = Annotated[Way, Depends(_way)]


def as_words(query: dict[str, Any]) -> dict[str, Any]:
    """A query without its empty parts, as it is saved."""
    return {name: value for name, value in query.items() if value not in (None, "")}
