"""A person's word on single voices: it belongs there, leave it, this is a theme of its own."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from feedback_cluster.themes import bindings, pins
from feedback_cluster.themes.decisions import announce, change, record
from feedback_cluster.themes.indexing import index_themes
from feedback_cluster.themes.models import DecisionKind, Theme, ThemeDecision, ThemePin
from feedback_cluster.themes.queries import current_run_id, get_theme, leaves, resolve
from feedback_cluster.themes.service import HELD_FOR, NothingChosen, add_theme, clean_name, words_of
from forum import api as forum

MOST_SEEDS, LONGEST_SEED = 20, 20


class TooManySeeds(Invalid):
    code = "too_many_seeds"
    message = N_("At most 20 words, each at most 20 characters.")


class NothingToFound(Invalid):
    code = "nothing_to_found"
    message = N_("A theme needs at least one word or one voice to begin with.")


def place(
    session: Session, post_ids: Sequence[int], target_id: int | None, *, by: Actor, zone: ZoneInfo
) -> ThemeDecision | None:
    """Say where these voices belong (None: not where they are); wherever they are now. None when nothing was said."""
    run_id = pins.hold_current(session)
    goal = get_theme(session, resolve(session, target_id)).id if target_id is not None else None
    before = pins.placed(session, run_id, sorted(set(post_ids)))
    if not before:
        raise NothingChosen(fields={"post": NothingChosen.message})
    bindings.check_together(session, goal, list(before))
    were = pins.roots_of(session, [was["theme"] for was in before.values() if was["theme"] is not None])
    if goal is None and not were:
        leave(session, list(before), by=by)
        return None
    apart = [leaf for ids in leaves(session, were - {goal or 0}).values() for leaf in ids]
    pins.pin(session, run_id, before, goal, apart)
    forum.hold(session, before, HELD_FOR)
    touched = sorted(were | ({goal} if goal else set()))
    about = goal or touched[0]
    decision = record(session, about, DecisionKind.PLACE, by=by, posts=before, to=goal, touched=touched)
    announce(session, set(touched), zone)
    return decision


def leave(session: Session, post_ids: Sequence[int], *, by: Actor) -> None:
    """Somebody has looked at these voices without a theme: they go from the list, and runs may still place them."""
    known = sorted(pins.placed(session, current_run_id(session), sorted(set(post_ids))))
    if not known:
        raise NothingChosen(fields={"post": NothingChosen.message})
    insert_many_once(session, [ThemePin(post_id=post_id) for post_id in known])
    audit.record(session, by, "theme.leave", "post", None, posts=known[:50])


def take_up(session: Session, post_ids: Sequence[int], *, by: Actor) -> None:
    """Put voices that were left back onto the list."""
    rows = session.exec(select(ThemePin).where(col(ThemePin.post_id).in_(list(post_ids)))).all()
    bare = [row.post_id for row in rows if row.theme_id is None and not row.apart]
    session.connection().execute(sa.delete(ThemePin).where(col(ThemePin.post_id).in_(bare)))
    audit.record(session, by, "theme.take_up", "post", None, posts=bare[:50])


def seeds_of(words: str) -> list[str]:
    """The words of a form: apart by commas, blanks or lines, each once."""
    found = words.replace("，", " ").replace("、", " ").replace(",", " ").replace("；", " ").split()
    seeds = list(dict.fromkeys(found))
    if len(seeds) > MOST_SEEDS or any(len(word) > LONGEST_SEED for word in seeds):
        raise TooManySeeds(fields={"words": TooManySeeds.message})
    return seeds


def found_theme(
    session: Session, name: str, words: str, post_ids: Sequence[int], *, by: Actor, zone: ZoneInfo
) -> ThemeDecision:
    """A new theme of a person's own: words that mark it, voices that belong to it; the next run fills it."""
    given, seeds = clean_name(name), seeds_of(words)
    if not seeds and not post_ids:
        raise NothingToFound(fields={"words": NothingToFound.message})
    common = words_of(session, post_ids) if post_ids else []
    run_id = pins.hold_current(session)
    before = pins.placed(session, run_id, sorted(set(post_ids)))
    bindings.check_together(session, 0, list(before))
    theme = add_theme(session, given, locked=True)
    theme.seeds, theme.keywords, theme.quotes = seeds, (seeds + common)[:8], list(before)[:8]
    theme.reword()
    session.add(theme)
    index_themes(session, [theme])
    goal = theme.id or 0
    were = pins.roots_of(session, [was["theme"] for was in before.values() if was["theme"] is not None])
    if before:
        pins.pin(session, run_id, before, goal, [leaf for ids in leaves(session, were).values() for leaf in ids])
        forum.hold(session, before, HELD_FOR)
    touched = sorted({goal, *were})
    decision = record(
        session, goal, DecisionKind.FOUND, by=by, posts=before, to=goal, touched=touched,
        before={"status": "hidden"}, after={"status": theme.status.value},
    )  # fmt: skip
    announce(session, set(touched), zone)
    return decision


def set_seeds(session: Session, theme: Theme, words: str, *, by: Actor) -> ThemeDecision:
    """Change the words that a theme is filled by."""
    return change(session, theme, DecisionKind.SEEDS, by=by, seeds=seeds_of(words))
