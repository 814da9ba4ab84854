"""Which imported posts stay when their import is taken back."""

from collections.abc import Callable

from cocreate.core.actor import Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from forum.follows.service import unfollow
from forum.merging.splitting import split_post
from forum.posts.models import Post
from forum.scenes.models import Scene
from forum.scenes.service import SceneDraft, add_scene, delete_scene
from forum.undo import reasons_to_stay
from forum.votes.service import withdraw_vote
from tests.factories.forum import acting


def test_a_post_stays_that_holds_somebodys_scene_or_was_split(
    runtime: Runtime, make_post: Callable[..., Post], make_member: Callable[..., Member]
) -> None:
    owner = acting(runtime, make_member())
    staff = acting(runtime, make_member("版主", Role.MODERATOR), Role.MODERATOR)
    told, cut, plain = (make_post(author=make_member()) for _ in range(3))
    ids = [post.id or 0 for post in (told, cut, plain)]
    with runtime.database.write() as session:
        # The vote and the following go again; the scene stays.
        scene = add_scene(session, session.get_one(Post, told.id), SceneDraft("零下十度"), author=owner)
        withdraw_vote(session, session.get_one(Post, told.id), voter=owner)
        unfollow(session, session.get_one(Post, told.id), member=owner)
    with runtime.database.write() as session:
        split_post(session, session.get_one(Post, cut.id), [("一", ""), ("二", "")], by=staff)
    with runtime.database.read() as session:
        assert reasons_to_stay(session, ids) == {
            told.id: "An owner added a scene to it.", cut.id: "It was split into several posts.", plain.id: "",
        }  # fmt: skip
    with runtime.database.write() as session:
        delete_scene(session, session.get_one(Scene, scene.id), by=owner)
    with runtime.database.read() as session:
        assert reasons_to_stay(session, ids)[told.id or 0] == ""
