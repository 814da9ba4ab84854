"""Scenes below a post: added there or out of a draft, changed on a page of their own."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlmodel import Session

from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.queries import garage
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage
from forum.compose.drafts import close_draft
from forum.follows import voice
from forum.merging.queries import group_of
from forum.moderation.forms import ReasonForm
from forum.posts.models import Post
from forum.posts.queries import find_post, get_post
from forum.scenes import queries, service
from forum.scenes.forms import SceneForm, SceneTextForm
from forum.scenes.models import Scene
from forum.scenes.service import NotYourScene

router = APIRouter(include_in_schema=False)
READ, WRITE, MODERATE = [allow("forum.read")], [allow("forum.write")], [allow("forum.moderate")]
BoundScene = Annotated[BoundForm[SceneForm], Depends(bind(SceneForm))]
BoundText = Annotated[BoundForm[SceneTextForm], Depends(bind(SceneTextForm))]
BoundReason = Annotated[BoundForm[ReasonForm], Depends(bind(ReasonForm))]
THANKS = N_("Thank you: your scene is kept with this wish and makes it stronger. Your vote counts, and you follow it.")
THANKS_DECIDED = N_("Thank you: your scene is kept with this wish, and you follow it.")


@router.post("/posts/{post_id}/scenes", dependencies=WRITE)
def add_scene(post_id: RowId, form: BoundScene, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Keep one's own words as evidence under somebody's post; a draft that they come from is closed."""
    post = get_post(db, post_id, actor)
    if form.value is None or not form.value.scene().body:
        bad = form if form.value is None else form.refuse("body", N_("Please say where and when you meet it."))
        cars = garage(db, actor.member_id)
        return page.render("forum/scenes/add.html", status=422, block="form", post=post, form=bad, cars=cars)
    scene = service.add_scene(db, post, form.value.scene(), author=actor)
    close_draft(db, form.value.draft, actor)
    undo = page.url("undo_scene", scene_id=scene.id)
    page.flash(THANKS if post.votable else THANKS_DECIDED, level="success", undo_url=undo)
    return _to_scene(page, scene)


@router.get("/posts/{post_id}/scenes", dependencies=READ)
def show_scenes(
    post_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage, cursor: str | None = None
) -> Response:
    """All scenes of a post, those of posts merged into it as well."""
    post = get_post(db, post_id, actor)
    found = queries.page_of_scenes(db, group_of(db, post_id).post_ids, actor, cursor=cursor)
    next_url = page.url("show_scenes", query={"cursor": found.next_cursor}, post_id=post_id)
    return page.render(
        "forum/scenes/list.html", block="rows", public=post.public, post=post, scenes=found.items,
        next_url=next_url if found.next_cursor else None,
    )  # fmt: skip


@router.get("/me/scenes", dependencies=WRITE)
def show_my_scenes(actor: CurrentActor, db: ReadDb, page: CurrentPage, cursor: str | None = None) -> Response:
    """What one has added to other people's posts."""
    found = queries.own_scenes(db, actor, cursor=cursor)
    next_url = page.url("show_my_scenes", query={"cursor": found.next_cursor}) if found.next_cursor else None
    return page.render(
        "forum/scenes/mine.html", block="rows", scenes=found.items, next_url=next_url,
        counts=voice.counts(db, actor), show="scenes",
    )  # fmt: skip


@router.get("/scenes/{scene_id}/edit", dependencies=WRITE)
def edit_scene(scene_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """The form with what the author wrote."""
    scene, post = service.get_scene(db, scene_id, actor)
    if scene.member_id != actor.id:
        raise NotYourScene(f"scene {scene_id}")
    form: BoundForm[SceneTextForm] = BoundForm.blank(body=scene.body)
    return page.render("forum/scenes/edit.html", scene=scene, post=post, form=form, title=_title(db, post, actor))


@router.post("/scenes/{scene_id}", dependencies=WRITE)
def change_scene(scene_id: RowId, form: BoundText, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Save what a scene says now."""
    scene, post = service.get_scene(db, scene_id, actor)
    if form.value is None:
        title = _title(db, post, actor)
        return page.render(
            "forum/scenes/edit.html", block="form", status=422, scene=scene, post=post, form=form, title=title
        )
    service.edit_scene(db, scene, form.value.body, editor=actor)
    return _to_scene(page, scene)


@router.post("/scenes/{scene_id}/delete", dependencies=WRITE)
def delete_scene(scene_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Blank a scene."""
    scene, _ = service.get_scene(db, scene_id, actor)
    service.delete_scene(db, scene, by=actor)
    page.flash(N_("The scene is gone. Your vote is still there; take it back with the vote button."))
    return _to_scene(page, scene)


@router.post("/scenes/{scene_id}/undo", dependencies=WRITE)
def undo_scene(scene_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take back all that adding it did."""
    scene, post = service.get_scene(db, scene_id, actor)
    service.undo_scene(db, scene, post, by=actor)
    page.flash(N_("Taken back: the scene, and the vote that came with it."))
    return _to_scene(page, scene)


@router.post("/scenes/{scene_id}/hide", dependencies=MODERATE)
def hide_scene(scene_id: RowId, form: BoundReason, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take a scene out of sight."""
    scene, _ = service.get_scene(db, scene_id, actor)
    if form.value is None:
        raise Invalid("no reason", fields=form.errors)
    service.hide_scene(db, scene, reason=form.value.reason, by=actor)
    page.flash(N_("Hidden."), undo_url=page.url("restore_scene", scene_id=scene_id))
    return _to_scene(page, scene)


@router.post("/scenes/{scene_id}/restore", dependencies=MODERATE)
def restore_scene(scene_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Bring a hidden scene back."""
    scene, _ = service.get_scene(db, scene_id, actor)
    service.restore_scene(db, scene, by=actor)
    page.flash(N_("Everybody can read it again."), level="success")
    return _to_scene(page, scene)


def _title(db: Session, post: Post, actor: Actor) -> str:
    """The post's title, empty where the scene's author may no longer read it."""
    return post.title if find_post(db, post.id or 0, actor) is not None else ""


def _to_scene(page: CurrentPage, scene: Scene) -> Response:
    place = "scenes" if scene.deleted_at else f"scene-{scene.id}"
    return page.redirect_to(f"{page.url('show_post', post_id=scene.post_id)}#{place}")
