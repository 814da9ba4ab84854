"""What a product manager does to a theme. Every act is recorded, binds later runs and can be taken back."""

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from cocreate.text.segment import content_words
from feedback_cluster.events import ThemeTriaged
from feedback_cluster.runs.models import Run, Verdict
from feedback_cluster.themes import bindings, bonds, pins
from feedback_cluster.themes.decisions import announce, announce_merge, change, record, reroot
from feedback_cluster.themes.indexing import index_themes
from feedback_cluster.themes.models import (
    DecisionKind,
    Theme,
    ThemeArea,
    ThemeDecision,
    TriageStatus,
)
from feedback_cluster.themes.queries import get_theme, leaves, post_ids_of, resolve
from feedback_cluster.themes.receipts import settle_receipt
from forum import api as forum
from search.api import lexicon_of

LONGEST_NAME = 80
HELD_FOR = "theme"


class NameMissing(Invalid):
    code = "name_missing"
    message = N_("A theme needs a name, at most 80 characters.")


class NothingChosen(Invalid):
    code = "nothing_chosen"
    message = N_("Please choose posts of this theme first.")


class SameTheme(Conflict):
    code = "same_theme"
    message = N_("That is the same theme already.")


class AlreadySo(Conflict):
    code = "already_so"
    message = N_("That is so already.")


class IsDeclined(Conflict):
    code = "is_declined"
    message = N_("This theme is declined, and its owners may have been told. Take that back first.")


class MergedAway(Conflict):
    code = "merged_away"
    message = N_("This theme was merged into another one. Decide there, or take the merge back first.")


def add_theme(session: Session, name: str, *, locked: bool = False, run_id: int | None = None) -> Theme:
    """A new theme without posts; one that a run found is born when the run takes effect."""
    theme = Theme(name=name, name_locked=locked, label=name, born_run_id=run_id)
    theme.born_at = None if run_id else clock.now()
    session.add(theme)
    session.flush()
    theme.root_id = theme.id
    session.add(theme)
    session.flush()
    return theme


def rename(session: Session, theme: Theme, name: str, *, by: Actor) -> ThemeDecision:
    """Give a name that no run will change."""
    given = clean_name(name)
    standing(theme)
    if given == theme.name and theme.name_locked:
        raise AlreadySo(f"theme {theme.id} is called that")
    return change(session, theme, DecisionKind.RENAME, by=by, name=given, name_locked=True)


def merge(session: Session, theme: Theme, target_id: int, *, by: Actor, zone: ZoneInfo) -> ThemeDecision:
    """Show this theme's voices under another one, from now on. A link, not a move: taking it back loses nothing."""
    pins.hold_current(session)  # before looking: two opposite merges at once would make a circle
    standing(theme)
    if theme.status is TriageStatus.DECLINED:
        raise IsDeclined(f"theme {theme.id}")
    target = get_theme(session, resolve(session, target_id))
    if target.id == theme.id:
        raise SameTheme(f"theme {theme.id} into itself")
    bonds.check_merge(session, theme.id or 0, target.id or 0)
    source_id, goal = theme.id or 0, target.id or 0
    before = {"status": theme.status, "merged_into_id": theme.merged_into_id}
    theme.status, theme.merged_into_id = TriageStatus.MERGED, goal
    session.add(theme)
    session.flush()
    index_themes(session, [theme])
    after = {"status": theme.status, "merged_into_id": goal}
    decision = record(
        session, source_id, DecisionKind.MERGE, by=by, before=before, after=after, touched=[source_id, goal]
    )
    reroot(session)
    announce(session, {goal}, zone)
    announce_merge(session, source_id, goal)
    return decision


def split(
    session: Session, theme: Theme, post_ids: Sequence[int], name: str, *, by: Actor, zone: ZoneInfo
) -> ThemeDecision:
    """Make a new theme of some of the theme's posts; `decision.data["to"]` is its id."""
    given = clean_name(name)
    standing(theme)
    chosen = _chosen(session, theme, post_ids)
    words = words_of(session, chosen)
    run_id = pins.hold_current(session)
    standing(theme)
    bindings.check_together(session, 0, chosen)
    before = pins.placed(session, run_id, chosen)
    made = add_theme(session, given, locked=True)
    made.keywords, made.quotes = words, chosen[:8]
    made.reword()
    session.add(made)
    index_themes(session, [made])
    goal = made.id or 0
    pins.pin(session, run_id, before, goal, leaves(session, [theme.id or 0])[theme.id or 0])
    forum.hold(session, before, HELD_FOR)
    touched = [theme.id or 0, goal]
    decision = record(session, theme.id or 0, DecisionKind.SPLIT, by=by, posts=before, to=goal, touched=touched)
    announce(session, set(touched), zone)
    return decision


def move(
    session: Session, theme: Theme, post_ids: Sequence[int], target_id: int | None, *, by: Actor, zone: ZoneInfo
) -> ThemeDecision:
    """Put posts of this theme under another one, or under none (None). No run brings them back."""
    run_id = pins.hold_current(session)
    standing(theme)
    goal = None
    if target_id is not None:
        goal = get_theme(session, resolve(session, target_id)).id
    if goal == theme.id:
        raise SameTheme(f"theme {theme.id}")
    chosen = _chosen(session, theme, post_ids)
    bindings.check_together(session, goal, chosen)
    before = pins.placed(session, run_id, chosen)
    pins.pin(session, run_id, before, goal, leaves(session, [theme.id or 0])[theme.id or 0])
    forum.hold(session, before, HELD_FOR)
    touched = [theme.id or 0, *([goal] if goal else [])]
    decision = record(session, theme.id or 0, DecisionKind.MOVE, by=by, posts=before, to=goal, touched=touched)
    announce(session, set(touched), zone)
    return decision


def hide(session: Session, theme: Theme, *, by: Actor) -> ThemeDecision:
    """Keep the theme from the queue, from public pages and from hosts. Its posts stay with it."""
    standing(theme)
    return _set_status(session, theme, DecisionKind.HIDE, TriageStatus.HIDDEN, by=by)


def restore(session: Session, theme: Theme, *, by: Actor) -> ThemeDecision:
    """Show a hidden theme again, as not yet triaged."""
    if theme.status is not TriageStatus.HIDDEN:
        raise AlreadySo(f"theme {theme.id} is {theme.status}")
    return _set_status(session, theme, DecisionKind.RESTORE, TriageStatus.NEW, by=by)


def triage(session: Session, theme: Theme, *, by: Actor) -> ThemeDecision:
    """Somebody has looked: the theme is worth keeping."""
    standing(theme)
    decision = _set_status(session, theme, DecisionKind.TRIAGE, TriageStatus.TRIAGED, by=by)
    outbox.publish(session, ThemeTriaged(theme_id=theme.id or 0))
    return decision


def reopen(session: Session, theme: Theme, *, by: Actor) -> ThemeDecision:
    """Put a triaged theme back into the queue."""
    if theme.status is not TriageStatus.TRIAGED:
        raise AlreadySo(f"theme {theme.id} is {theme.status}")
    return _set_status(session, theme, DecisionKind.REOPEN, TriageStatus.NEW, by=by)


def assign(session: Session, theme: Theme, member_id: int | None, *, by: Actor) -> ThemeDecision:
    """Put somebody in charge, or nobody."""
    standing(theme)
    if member_id == theme.assignee_id:
        raise AlreadySo(f"theme {theme.id} is assigned to {member_id}")
    decision = change(session, theme, DecisionKind.ASSIGN, by=by, assignee_id=member_id)
    settle_receipt(session, theme)
    return decision


def size_effort(session: Session, theme: Theme, size: str, *, by: Actor, zone: ZoneInfo) -> ThemeDecision:
    """Say how much work it would be, as a T-shirt size; "" for not known."""
    standing(theme)
    if size == theme.effort:
        raise AlreadySo(f"theme {theme.id} is {size}")
    theme_id = theme.id or 0
    before, after = {"effort": theme.effort}, {"effort": size}
    theme.effort = size
    session.add(theme)
    session.flush()
    decision = record(session, theme_id, DecisionKind.EFFORT, by=by, before=before, after=after, touched=[theme_id])
    announce(session, {theme_id}, zone)
    return decision


def put_into_area(session: Session, theme: Theme, area_id: int | None, *, by: Actor) -> ThemeDecision:
    """Put the theme into an area, or into none; no run takes it out again."""
    standing(theme)
    if area_id is not None and session.get(ThemeArea, area_id) is None:
        raise NotFound(f"area {area_id}")
    if area_id == theme.area_id and theme.area_locked:
        raise AlreadySo(f"theme {theme.id} is in area {area_id}")
    return change(session, theme, DecisionKind.AREA, by=by, area_id=area_id, area_locked=True)


def clean_name(name: str) -> str:
    """The name without needless blanks; NameMissing when nothing or too much is left."""
    given = " ".join(name.split())
    if not given or len(given) > LONGEST_NAME:
        raise NameMissing(fields={"name": NameMissing.message})
    return given


def standing(theme: Theme) -> None:
    """MergedAway for a theme that is shown under another one."""
    if theme.status is TriageStatus.MERGED:
        raise MergedAway(f"theme {theme.id}")


def _set_status(
    session: Session, theme: Theme, kind: DecisionKind, status: TriageStatus, *, by: Actor
) -> ThemeDecision:
    if theme.status is status:
        raise AlreadySo(f"theme {theme.id} is {status}")
    if theme.status is TriageStatus.DECLINED:
        raise IsDeclined(f"theme {theme.id}")
    return change(session, theme, kind, by=by, status=status)


def _chosen(session: Session, theme: Theme, post_ids: Sequence[int]) -> list[int]:
    """Those of the posts that the theme holds, surest first."""
    wanted = set(post_ids)
    chosen = [post_id for post_id in post_ids_of(session, [theme.id or 0])[theme.id or 0] if post_id in wanted]
    if not chosen:
        raise NothingChosen(fields={"post": NothingChosen.message})
    return chosen


def words_of(session: Session, post_ids: Sequence[int], most: int = 6) -> list[str]:
    """What the public ones of the posts have in common; the next run will say it better."""
    lexicon = lexicon_of(session)
    said: Counter[str] = Counter()
    for post in forum.post_texts(session, ids=list(post_ids)[:500]):
        if post.visibility is not forum.Visibility.PUBLIC:
            continue  # a theme's words are read out, handed over in dossiers, and searched
        said.update(sorted(set(content_words(f"{post.title}\n{post.body}", lexicon))))
    return [word for word, _ in said.most_common(most)]


def themes_for_choice(session: Session, besides: int) -> list[tuple[int, str]]:
    """Id and name of every theme that posts may be moved to, by size; none that a run made and took away again."""
    undone = select(Run.id).where(Run.verdict == Verdict.UNDONE)
    statement = (
        select(Theme.id, Theme.name)
        .where(
            sa.or_(
                col(Theme.size) > 0,
                col(Theme.name_locked),
                col(Theme.born_run_id).is_(None),
                col(Theme.born_run_id).not_in(undone),
            ),
            col(Theme.merged_into_id).is_(None),
            col(Theme.born_at).is_not(None),
            Theme.id != besides,
            col(Theme.status) != TriageStatus.HIDDEN,
        )
        .order_by(col(Theme.size).desc(), col(Theme.id))
    )
    return [(theme_id or 0, name) for theme_id, name in session.exec(statement)]
