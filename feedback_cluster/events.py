"""What themes tell the rooms above."""

from dataclasses import dataclass

from cocreate.core.events import Event


@dataclass(frozen=True)
class RunFinished(Event):
    """A run took effect; any theme may have other posts than before."""

    run_id: int


@dataclass(frozen=True)
class ThemesMerged(Event):
    """The source is now shown under the target; `resolve` follows it."""

    source_id: int
    target_id: int


@dataclass(frozen=True)
class ThemeTriaged(Event):
    """A person looked at the theme and found it worth keeping."""

    theme_id: int


@dataclass(frozen=True)
class ThemePostsChanged(Event):
    """Posts joined or left these themes: a new voice, a move, a split, a merge, or one of these taken back."""

    theme_ids: list[int]


@dataclass(frozen=True)
class AnswerPublished(Event):
    """The theme's answer now stands on its posts."""

    theme_id: int
    answer_id: int


@dataclass(frozen=True)
class AnswerWithdrawn(Event):
    """What stood on the theme's posts as its answer stands there no longer, and nothing else came in its place."""

    theme_id: int
    answer_id: int
