"""What every first page of the board shows beside its rows; looked up once in a few seconds for all readers."""

import time
from dataclasses import dataclass

from sqlmodel import Session

from cocreate.core.runtime import Runtime
from forum.boards.queries import BoardRef, boards
from forum.posts.listing import month_start, shipped_since
from forum.posts.queries import models_in_use

KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class Facets:
    """Boards and models to choose from, and how many posts have been shipped this month."""

    boards: list[BoardRef]
    models: list[str]
    shipped: int


def facets(runtime: Runtime, session: Session) -> Facets:
    """At most five seconds old: with 10,000 posts these three look-ups cost more than the rows themselves."""
    kept: tuple[float, Facets] | None = runtime.memory.get("forum.facets")
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    found = Facets(boards(session), models_in_use(session), shipped_since(session, month_start(runtime.settings.zone)))
    runtime.memory["forum.facets"] = (time.monotonic() + KEPT_SECONDS, found)
    return found
