"""What a product manager says about themes and posts for good: locked, kept apart, never together."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.text_marks import N_
from feedback_cluster.themes import bindings, pins
from feedback_cluster.themes.bindings import NotTogether
from feedback_cluster.themes.decisions import announce, change, record
from feedback_cluster.themes.models import DecisionKind, KeptApart, NeverTogether, Theme, ThemeDecision, ThemePost
from feedback_cluster.themes.queries import current_run_id, get_theme, leaves, post_ids_of, resolve


class TwoVoices(Invalid):
    code = "two_voices"
    message = N_("Please choose exactly two voices.")


class ThemesApart(Conflict):
    code = "themes_apart"
    message = N_("These two themes are kept apart. Take that back first.")


class SaidBefore(Conflict):
    code = "said_before"
    message = N_("That was said before.")


def lock(session: Session, theme: Theme, *, by: Actor) -> ThemeDecision:
    """Let no run take a voice out of the theme, or another theme's voice into it."""
    if theme.locked:
        raise SaidBefore(f"theme {theme.id} is locked")
    return change(session, theme, DecisionKind.LOCK, by=by, locked=True)


def unlock(session: Session, theme: Theme, *, by: Actor) -> ThemeDecision:
    """Let runs sort the theme's voices again."""
    if not theme.locked:
        raise SaidBefore(f"theme {theme.id} is not locked")
    return change(session, theme, DecisionKind.UNLOCK, by=by, locked=False)


def keep_apart(session: Session, theme: Theme, other_id: int, *, by: Actor) -> ThemeDecision:
    """Say that two themes are different things: neither is merged into the other, by a run or by mistake."""
    other = get_theme(session, resolve(session, other_id))
    a, b = sorted((theme.id or 0, other.id or 0))
    if a == b or not insert_once(session, KeptApart(a_id=a, b_id=b)):
        raise SaidBefore(f"themes {a} and {b}")
    return record(session, theme.id or 0, DecisionKind.APART, by=by, pair=[a, b], touched=[])


def never_together(
    session: Session, theme: Theme, post_ids: Sequence[int], *, by: Actor, zone: ZoneInfo
) -> ThemeDecision:
    """Say that two voices do not mean the same. If they are in one theme, the less sure one leaves it."""
    if len(set(post_ids)) != 2:
        raise TwoVoices(fields={"post": TwoVoices.message})
    run_id = pins.hold_current(session)
    a, b = sorted(set(post_ids))
    if len(pins.placed(session, run_id, [a, b])) != 2:
        raise TwoVoices(fields={"post": TwoVoices.message})  # one of them is gone, or never was a voice
    if not insert_once(session, NeverTogether(a_id=a, b_id=b)):
        raise SaidBefore(f"posts {a} and {b}")
    here = [post for post in post_ids_of(session, [theme.id or 0])[theme.id or 0] if post in (a, b)]
    placed = pins.placed(session, run_id, here[1:]) if len(here) == 2 else {}
    if placed:
        pins.pin(session, run_id, placed, None, leaves(session, [theme.id or 0])[theme.id or 0])
    data = {"pair": [a, b], "posts": placed, "to": None, "touched": [theme.id or 0]}
    decision = record(session, theme.id or 0, DecisionKind.NEVER, by=by, **data)
    announce(session, {theme.id or 0}, zone)
    return decision


def check_merge(session: Session, source_id: int, target_id: int) -> None:
    """ThemesApart or NotTogether when the first theme may not be shown under the second."""
    if target_id in bindings.apart_from(session, source_id):
        raise ThemesApart(f"themes {source_id} and {target_id}")
    roots = dict(
        session.exec(
            select(ThemePost.post_id, Theme.root_id)
            .join(Theme, col(Theme.id) == ThemePost.theme_id)
            .where(ThemePost.run_id == current_run_id(session), col(Theme.root_id).in_([source_id, target_id]))
        ).all()
    )
    if any(a in roots and b in roots for a, b in bindings.never_pairs(session)):
        raise NotTogether(f"themes {source_id} and {target_id}")
