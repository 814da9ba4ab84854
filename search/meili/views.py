"""What the page of search health says, in plain words: a state, a sentence, the diary."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cocreate.core import clock
from cocreate.core.text_marks import N_
from search.meili.models import Halt, Remote, RemoteEvent
from search.meili.outbox import Depth
from search.meili.remote import LATE


@dataclass(frozen=True)
class Health:
    """How the server does. kind: the shape and colour of a status pill; sentence: a msgid that `facts` fills."""

    kind: str
    label: str
    sentence: str
    underway: bool = False
    """Something moves that is worth looking at again in a second."""


WELL = Health("shipped", N_("All well"), N_("Searches are answered by Meilisearch. Every change has arrived there."))
REFUSING = Health(
    "reviewing", N_("Refuses some"),
    N_("Searches are answered by Meilisearch. Every change has arrived there but for the documents that it refuses."),
)  # fmt: skip
BUSY = Health(
    "shipped", N_("All well"), N_("Searches are answered by Meilisearch. The newest changes are on their way."), True
)
FIRST = Health(
    "started", N_("Being filled"),
    N_("The index is being built for the first time. Until it is complete the built-in search answers."), True,
)  # fmt: skip
AGAIN = Health(
    "started", N_("Being rebuilt"),
    N_("The index on the server was gone or another one. It is being built anew; the built-in search answers."), True,
)  # fmt: skip
BESIDE = Health(
    "started", N_("Being rebuilt"),
    N_("A new index is being built beside the live one, which goes on answering until they are exchanged."), True,
)  # fmt: skip
DOWN = Health(
    "declined", N_("Does not answer"),
    N_("The server does not answer. The built-in search answers every reader; changes wait here and none is lost."),
    True,
)  # fmt: skip
KEY = Health(
    "declined", N_("Key refused"),
    N_("The server refuses our key, so nothing is sent. Changes wait here and the built-in search answers. Set "
       "COCREATE_MEILISEARCH_KEY and start again; if the key is mended on the server, it goes on by itself."),
)  # fmt: skip
VERSION = Health(
    "declined", N_("Too old"),
    N_("The server is an older version than we need, so nothing is sent. Start a newer one with an empty folder."),
)  # fmt: skip
LAGGING = Health(
    "reviewing", N_("Behind"),
    N_("The server lacks changes that are older than ten seconds. Until they arrive the built-in search answers."),
    True,
)  # fmt: skip

DIARY_ERROR = 80

REASONS = {
    "first": N_("first start"),
    "lost": N_("the index was gone"),
    "settings": N_("a new version of the index"),
    "asked": N_("asked for"),
}

DIARY = {
    "activated": N_("A search server is configured; changes are noted for it."),
    "deactivated": N_("No search server is configured any more; what waited for it is forgotten."),
    "away": N_("It stopped answering: %(error)s. The built-in search took over."),
    "back": N_("It is back after %(span)s; %(waiting)s changes were waiting and are being sent."),
    "halted_key": N_("It refuses our key. Sending has stopped, changes are collected."),
    "halted_version": N_("It is too old for us: %(error)s. Sending has stopped, changes are collected."),
    "rebuild_began": N_("A new index was begun for %(documents)s documents (%(reason)s)."),
    "rebuilt": N_("The new index took over: %(documents)s documents in %(seconds)s s."),
    "checked": N_("All %(documents)s documents were compared; %(differences)s differed and are sent again."),
    "agreed": N_("All %(documents)s documents were compared; every one agrees."),
    "parked": N_("It refuses the document %(document)s: %(error)s"),
}


def health_of(known: Remote, depth: Depth) -> Health:
    """The state in one word and one sentence; the worst comes first."""
    late = depth.oldest is not None and clock.now() - depth.oldest > LATE
    rebuilding = known.rebuild_wanted_at is not None or known.rebuild_total > 0
    cases = (
        (known.halted is Halt.KEY, KEY),
        (known.halted is Halt.VERSION, VERSION),
        (known.down_since is not None, DOWN),
        (known.ready_at is None and known.rebuilt_at is None, FIRST),
        (known.ready_at is None, AGAIN),
        (rebuilding, BESIDE),
        (late, LAGGING),
        (depth.waiting > 0 or _check_due(known), BUSY),
        (depth.parked > 0, REFUSING),
    )
    return next((health for holds, health in cases if holds), WELL)


def _check_due(known: Remote) -> bool:
    return known.check_wanted_at is not None and known.check_wanted_at <= clock.now() + timedelta(seconds=1)


def percent(known: Remote) -> int | None:
    """How far the rebuild is; None while none runs."""
    return min(100, round(100 * known.rebuild_done / known.rebuild_total)) if known.rebuild_total else None


def diary_line(event: RemoteEvent, text: Any) -> str:
    """What happened, as a sentence in the reader's language. text: the page's translator."""
    what = "agreed" if event.what == "checked" and not event.facts.get("differences") else event.what
    facts = dict(event.facts)
    if "reason" in facts:
        facts["reason"] = text(REASONS.get(str(facts["reason"]), str(facts["reason"])))
    if "error" in facts:
        words = str(facts["error"])
        facts["error"] = text(words) if len(words) < DIARY_ERROR else f"{words[:DIARY_ERROR]}…"
    if what == "back":
        facts["span"] = span(float(facts.get("seconds", 0)), text)
    return str(text(DIARY[what], **facts)) if what in DIARY else what


def span(seconds: float, text: Any) -> str:
    """A stretch of time in the unit that tells it."""
    if seconds < 120:
        return str(text(N_("%(count)s s"), count=round(seconds)))
    if seconds < 7200:
        return str(text(N_("%(count)s min"), count=round(seconds / 60)))
    return str(text(N_("%(count)s h"), count=round(seconds / 3600)))
