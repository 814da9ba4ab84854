"""What tests of merging share: acts of staff, each in a transaction of its own."""

from collections.abc import Callable

import pytest

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.merging import service
from forum.merging.models import Merge
from forum.posts.models import Post
from tests.factories.forum import acting


@pytest.fixture
def moderator(make_member: Callable[..., Member]) -> Member:
    return make_member("版主", Role.MODERATOR)


@pytest.fixture
def merge(runtime: Runtime, moderator: Member) -> Callable[..., Merge]:
    """`merge(source, target, reason="…")`: done by the moderator."""

    def make(source: Post, target: Post, reason: str = "") -> Merge:
        with runtime.database.write() as session:
            by = acting(runtime, moderator, Role.MODERATOR)
            return service.merge_posts(session, source.id or 0, target.id or 0, by=by, reason=reason)

    return make


@pytest.fixture
def undo(runtime: Runtime, moderator: Member) -> Callable[[Merge], Merge]:
    def make(merge: Merge) -> Merge:
        with runtime.database.write() as session:
            return service.undo_merge(session, merge.id or 0, by=acting(runtime, moderator, Role.MODERATOR))

    return make
