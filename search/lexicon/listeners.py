"""What search does when its lexicon changed."""

from sqlmodel import Session

from cocreate.core import outbox
from search.events import LexiconChanged
from search.lexicon.service import get_version


def bring_into_index(session: Session, event: LexiconChanged) -> None:
    """Cut the index again, unless the version changes no cut."""
    if get_version(session, event.version).indexed_at is None:
        outbox.enqueue(session, "search.recut", lane=outbox.SLOW)
