"""What search tidies up at night."""

from sqlmodel import Session

from search.habits import service as habits
from search.misses import service as misses


def tidy(session: Session) -> None:
    """Forget old misses, and saved searches that were removed."""
    misses.forget_old(session)
    habits.forget_removed(session)
