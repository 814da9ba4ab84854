"""Small truths that a row of the forum says about itself."""

import pytest

from forum.posts.models import PostStatus, StatusChange


@pytest.mark.parametrize(
    ("cause_kind", "to_status", "own"),
    [
        (None, PostStatus.REVIEWING, True),
        (None, PostStatus.OPEN, True),
        ("roadmap_item", PostStatus.REVIEWING, False),
        ("roadmap_item", PostStatus.SHIPPED, False),
        # The other room let go of the post: from here on nobody but the forum tells where it stands.
        ("roadmap_item", PostStatus.OPEN, True),
    ],
)
def test_a_step_is_the_forums_own_to_tell_until_another_room_causes_it(
    cause_kind: str | None, to_status: PostStatus, own: bool
) -> None:
    step = StatusChange(
        post_id=1, from_status=PostStatus.PLANNED, to_status=to_status, cause_kind=cause_kind, cause_id=7
    )
    assert step.own is own
