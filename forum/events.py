"""What the forum tells the rooms above."""

from dataclasses import dataclass

from cocreate.core.events import Event


@dataclass(frozen=True)
class PostSubmitted(Event):
    """An owner wrote a post."""

    post_id: int


@dataclass(frozen=True)
class PostEdited(Event):
    """A post reads differently now."""

    post_id: int


@dataclass(frozen=True)
class PostDeleted(Event):
    """A post was blanked: its text is gone for good."""

    post_id: int


@dataclass(frozen=True)
class PostHidden(Event):
    """A moderator took a post out of sight; it may come back."""

    post_id: int


@dataclass(frozen=True)
class PostRestored(Event):
    """A hidden post is back."""

    post_id: int


@dataclass(frozen=True)
class PostsImported(Event):
    """Up to 500 voices of one import were added or changed."""

    import_id: int
    post_ids: list[int]


@dataclass(frozen=True)
class PostsWithdrawn(Event):
    """Up to 500 voices were blanked because their import was taken back."""

    import_id: int
    post_ids: list[int]


@dataclass(frozen=True)
class VoteCast(Event):
    post_id: int
    member_id: int


@dataclass(frozen=True)
class VoteWithdrawn(Event):
    post_id: int
    member_id: int


@dataclass(frozen=True)
class CommentAdded(Event):
    comment_id: int
    post_id: int


@dataclass(frozen=True)
class SceneAdded(Event):
    """Somebody met the same and said where and when."""

    scene_id: int
    post_id: int


@dataclass(frozen=True)
class ScenesChanged(Event):
    """The scenes under a post read differently now: one came, changed, went, or was hidden or shown again."""

    post_id: int


@dataclass(frozen=True)
class OfficialResponseGiven(Event):
    """The brand answered one post, for the first time."""

    response_id: int
    post_id: int


@dataclass(frozen=True)
class PostStatusChanged(Event):
    """Posts took a step together, a hundred at most. `change_ids`: the rows of their trails, in the order of
    `post_ids`; `cause_kind`: what moved them, if not a person here."""

    post_ids: list[int]
    status: str
    cause_kind: str | None
    change_ids: list[int]


@dataclass(frozen=True)
class PostsMerged(Event):
    """One post leads to another now, with everything that leads to it; votes count at the target."""

    merge_id: int
    source_id: int
    target_id: int


@dataclass(frozen=True)
class PostUnmerged(Event):
    """A post stands by itself again; `target_id` is the head that it led to."""

    merge_id: int
    source_id: int
    target_id: int


@dataclass(frozen=True)
class ObjectionDecided(Event):
    """Staff decided about an author's objection to a merge."""

    objection_id: int


@dataclass(frozen=True)
class PostSplit(Event):
    """Several asks of one post are posts of their own now; the post itself stays."""

    split_id: int
    post_id: int
    part_ids: list[int]
