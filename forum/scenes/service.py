"""Adding a scene, changing and blanking it, taking it out of sight. What is found by its words follows as an event."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid, NotAllowed, NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.models import Vehicle
from forum.events import SceneAdded, ScenesChanged
from forum.follows.service import follow, unfollow
from forum.posts.models import Post
from forum.posts.queries import find_post
from forum.scenes.models import Scene
from forum.votes.service import VotingClosed, cast_vote, withdraw_vote

MOST = 5
CHARACTERS = 10_200
"""A whole post fits: its title, its body and a line between."""


class EnoughScenes(Conflict):
    code = "enough_scenes"
    message = N_("You have added five scenes here already. Change one of them instead.")


class YourOwnPost(Conflict):
    code = "your_own_post"
    message = N_("This is your own post: just edit it.")


class NoSceneHere(Conflict):
    code = "no_scene_here"
    message = N_("Nothing can be added to this post.")


class SceneGone(Conflict):
    code = "scene_gone"
    message = N_("This scene was taken back and cannot be changed.")


class NotYourScene(NotAllowed):
    code = "not_your_scene"
    message = N_("Only its author may change this.")


class SceneReasonMissing(Invalid):
    code = "reason_missing"
    message = N_("Please say why; the author reads it.")


class UnknownCar(Invalid):
    code = "unknown_vehicle"
    message = N_("This car is not in your garage.")


@dataclass(frozen=True)
class SceneDraft:
    """What an owner enters. `vehicle_id` is a car of their own garage; `model` is for those who name none."""

    body: str
    vehicle_id: int | None = None
    model: str = ""


def get_scene(session: Session, scene_id: int, actor: Actor) -> tuple[Scene, Post]:
    """A scene and its post, for a reader who may see both; NotFound otherwise. One's own scene is always there."""
    scene = session.get(Scene, scene_id)
    if scene is None or scene.deleted_at is not None:
        raise NotFound(f"scene {scene_id}")
    own = actor.signed_in and scene.member_id == actor.id
    if scene.hidden_at is not None and not own and not actor.can("forum.moderate"):
        raise NotFound(f"scene {scene_id}")
    post = session.get_one(Post, scene.post_id) if own else find_post(session, scene.post_id, actor)
    if post is None:
        raise NotFound(f"scene {scene_id}")
    return scene, post


def add_scene(session: Session, post: Post, draft: SceneDraft, *, author: Actor) -> Scene:
    """Keep the words as evidence under the post, vote for it and follow it; what the member did before stays as it is.

    The post is one that the author may read. A decided post takes a scene and no vote.
    """
    if post.author_id == author.id:
        raise YourOwnPost(f"post {post.id}")
    if not post.public or post.merged_into_id is not None:
        raise NoSceneHere(f"post {post.id}")
    vehicle = _own_vehicle(session, draft.vehicle_id, author)
    mine = (Scene.post_id == post.id, Scene.member_id == author.id, col(Scene.deleted_at).is_(None))
    if session.exec(select(sa.func.count()).select_from(Scene).where(*mine)).one() >= MOST:
        raise EnoughScenes(f"post {post.id}")
    again = session.exec(select(Scene).where(*mine, Scene.body == draft.body)).first()
    if again is not None:
        return again  # the same button twice
    voted = post.votable and cast_vote(session, post, voter=author)
    followed = follow(session, post, member=author)
    scene = Scene(
        post_id=post.id or 0,
        member_id=author.member_id,
        body=draft.body,
        vehicle_id=draft.vehicle_id,
        model=vehicle.model if vehicle else draft.model,
        model_year=vehicle.model_year if vehicle else None,
        voted=voted,
        followed=followed,
    )
    session.add(scene)
    session.flush()
    outbox.publish(session, SceneAdded(scene_id=scene.id or 0, post_id=post.id or 0))
    outbox.publish(session, ScenesChanged(post_id=post.id or 0))
    return scene


def edit_scene(session: Session, scene: Scene, body: str, *, editor: Actor) -> bool:
    """Change one's own scene; False when it says the same."""
    if scene.member_id != editor.id:
        raise NotYourScene(f"scene {scene.id}")
    if scene.body == body:
        return False
    if not _change(session, scene, body=body, edited_at=clock.now()):
        raise SceneGone(f"scene {scene.id}")
    return True


def delete_scene(session: Session, scene: Scene, *, by: Actor) -> None:
    """Blank a scene. Its vote stays: it is the member's, and has a button of its own."""
    if scene.member_id != by.id and not by.can("forum.moderate"):
        raise NotYourScene(f"scene {scene.id}")
    if _change(session, scene, body="", deleted_at=clock.now()):
        audit.record(session, by, "scene.delete", "scene", scene.id)


def undo_scene(session: Session, scene: Scene, post: Post, *, by: Actor) -> None:
    """Take back all that adding the scene did: the words, and the vote and the following if it brought them."""
    if scene.member_id != by.id:
        raise NotYourScene(f"scene {scene.id}")
    if scene.voted:
        with suppress(VotingClosed):  # what was decided meanwhile keeps the votes it was decided with
            withdraw_vote(session, post, voter=by)
    delete_scene(session, scene, by=by)
    if scene.followed:
        unfollow(session, post, member=by)


def hide_scene(session: Session, scene: Scene, *, reason: str, by: Actor) -> None:
    """Take a scene out of sight; its author and moderators still see it, with the reason."""
    if not reason.strip():
        raise SceneReasonMissing(fields={"reason": SceneReasonMissing.message})
    if _change(session, scene, col(Scene.hidden_at).is_(None), hidden_at=clock.now()):
        audit.record(session, by, "scene.hide", "scene", scene.id, reason=reason.strip())


def restore_scene(session: Session, scene: Scene, *, by: Actor) -> None:
    """Bring a hidden scene back."""
    if _change(session, scene, col(Scene.hidden_at).is_not(None), hidden_at=None):
        audit.record(session, by, "scene.restore", "scene", scene.id)


def _change(session: Session, scene: Scene, *conditions: Any, **values: Any) -> bool:
    """Set values of a scene that is still there while the conditions hold; False when another request came first."""
    statement = (
        sa.update(Scene).where(col(Scene.id) == scene.id, col(Scene.deleted_at).is_(None), *conditions).values(**values)
    )
    result: Any = session.connection().execute(statement)
    session.refresh(scene)
    if result.rowcount != 1:
        return False
    outbox.publish(session, ScenesChanged(post_id=scene.post_id))
    return True


def _own_vehicle(session: Session, vehicle_id: int | None, owner: Actor) -> Vehicle | None:
    if vehicle_id is None:
        return None
    vehicle = session.get(Vehicle, vehicle_id)
    if vehicle is None or vehicle.member_id != owner.id or vehicle.removed_at is not None:
        raise UnknownCar(fields={"vehicle_id": UnknownCar.message})
    return vehicle
