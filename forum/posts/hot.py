"""The order of the hot list: a stored score that does not depend on now, so that paging by key holds."""

import math
from datetime import UTC, datetime

EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
DAYS_PER_DOUBLING = 3.0


def hot_score(votes: int, created_at: datetime) -> float:
    """Doublings of the votes plus age in units of three days: twice the votes make up for being three days older.

    votes: counted votes, never negative. Greater is hotter; scores of different days can be compared for ever.
    """
    days = (created_at - EPOCH).total_seconds() / 86_400
    return round(math.log2(1 + votes) + days / DAYS_PER_DOUBLING, 6)
