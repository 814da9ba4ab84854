"""The demo's leadership has its five of this week before it."""

from cocreate.core.runtime import Runtime
from feedback_cluster.leadership.service import freeze_week


def seed(runtime: Runtime) -> None:
    """Choose them from what the triage left unanswered."""
    freeze_week(runtime)
