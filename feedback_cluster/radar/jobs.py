"""The hourly round as a job; the arithmetic is imported when it runs, so that pages start without it."""

from cocreate.core.runtime import Runtime
from feedback_cluster.radar.alerts import JOB

__all__ = ["JOB", "look_round"]


def look_round(runtime: Runtime) -> None:
    """Compare every theme with its own weeks; safe to run twice."""
    from feedback_cluster.radar import watch

    watch.look_round(runtime)
