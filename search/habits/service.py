"""What a member keeps of searching. Only one's own, and nothing at all once it is switched off."""

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.events import MemberLeft
from cocreate.text.fold import fold
from search.asked import Asked
from search.habits.models import RecentSearch, SavedSearch, SearchHabit

KEPT_RECENT = 20
MOST_SAVED = 50
LONGEST = 120
LONGEST_ADDRESS = 1000
UNDO_FOR = timedelta(days=1)


class NothingToKeep(Conflict):
    code = "nothing_to_keep"
    message = N_("Type something or choose a filter first, then it can be saved.")


class TooManySaved(Conflict):
    code = "too_many_saved"
    message = N_("Fifty searches are saved already. Remove one first.")


def remember(session: Session, member_id: int, text: str, *, found: int) -> None:
    """Put the text on top of the member's recent searches, unless the member wants none remembered."""
    key, shown = fold(text).strip()[:LONGEST], text.strip()[:LONGEST]
    if not key or not remembers(session, member_id):
        return
    row = RecentSearch(member_id=member_id, folded=key, text=shown, found=found)
    if not insert_once(session, row):
        session.connection().execute(
            sa.update(RecentSearch)
            .where(col(RecentSearch.member_id) == member_id, col(RecentSearch.folded) == key)
            .values(text=shown, found=found, at=clock.now())
        )
    newest = (
        select(RecentSearch.id)
        .where(RecentSearch.member_id == member_id)
        .order_by(col(RecentSearch.at).desc(), col(RecentSearch.id).desc())
        .limit(KEPT_RECENT)
    )
    kept = list(session.exec(newest))
    session.connection().execute(
        sa.delete(RecentSearch).where(col(RecentSearch.member_id) == member_id, col(RecentSearch.id).not_in(kept))
    )


def remembers(session: Session, member_id: int) -> bool:
    """Whether searches of this member are remembered; so it is until the member says no."""
    wish = session.exec(select(SearchHabit.remember).where(SearchHabit.member_id == member_id)).first()
    return wish is not False


def set_remembering(session: Session, *, by: Actor, wanted: bool) -> None:
    """Remember from now on, or no longer; switching off forgets what was there."""
    if not insert_once(session, SearchHabit(member_id=by.member_id, remember=wanted)):
        session.connection().execute(
            sa.update(SearchHabit).where(col(SearchHabit.member_id) == by.member_id).values(remember=wanted)
        )
    if not wanted:
        forget_recent(session, by=by)


def forget_recent(session: Session, *, by: Actor, recent_id: int | None = None) -> None:
    """Forget one recent search of one's own, or all of them."""
    mine = [col(RecentSearch.member_id) == by.member_id]
    if recent_id is not None:
        mine.append(col(RecentSearch.id) == recent_id)
    session.connection().execute(sa.delete(RecentSearch).where(*mine))


def save_search(session: Session, asked: Asked, name: str, *, by: Actor) -> SavedSearch:
    """Keep a search under a name; one that is kept already is renamed."""
    address = asked.address()
    if not address or len(address) > LONGEST_ADDRESS:
        raise NothingToKeep(address[:80])
    kept = select(sa.func.count()).select_from(SavedSearch)
    count = session.exec(kept.where(SavedSearch.member_id == by.member_id, col(SavedSearch.removed_at).is_(None))).one()
    mine = select(SavedSearch).where(SavedSearch.member_id == by.member_id, SavedSearch.query == address)
    known = session.exec(mine).first()
    if count >= MOST_SAVED and (known is None or known.removed_at is not None):
        raise TooManySaved(f"member {by.id}")
    if known is None:
        insert_once(session, SavedSearch(member_id=by.member_id, name=name, query=address))
        known = session.exec(mine).one()
    known.name, known.removed_at = name, None
    session.add(known)
    return known


def rename_saved(session: Session, saved: SavedSearch, name: str) -> None:
    """Give it another name."""
    saved.name = name
    session.add(saved)


def remove_saved(session: Session, saved: SavedSearch) -> None:
    """Take it off the list; for a day this can be taken back."""
    saved.removed_at = clock.now()
    session.add(saved)


def restore_saved(session: Session, saved: SavedSearch) -> None:
    """Put it on the list again."""
    saved.removed_at = None
    session.add(saved)


def get_saved(session: Session, saved_id: int, *, by: Actor, removed: bool = False) -> SavedSearch:
    """A saved search of one's own; NotFound for everybody else's. removed: also one that was taken off the list."""
    saved = session.get(SavedSearch, saved_id)
    if saved is None or saved.member_id != by.id or (saved.removed_at is not None and not removed):
        raise NotFound(f"saved search {saved_id}")
    return saved


def forget_removed(session: Session) -> None:
    """Nightly: what was removed a day ago is gone for good."""
    session.connection().execute(sa.delete(SavedSearch).where(col(SavedSearch.removed_at) < clock.now() - UNDO_FOR))


def forget_searcher(session: Session, event: MemberLeft) -> None:
    """Whoever leaves takes searches along."""
    for table in (RecentSearch, SavedSearch, SearchHabit):
        session.connection().execute(sa.delete(table).where(col(table.member_id) == event.member_id))
