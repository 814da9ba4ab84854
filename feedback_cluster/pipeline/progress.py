"""Progress: told as (step, done, total) to whoever watches a run."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def in_silence(step: str, done: int, total: int) -> None:
    """The progress of a caller who does not look."""
