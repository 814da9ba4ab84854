"""Linking: from an item, from a theme's page, from a post."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from cocreate.core.actor import Actor
from cocreate.core.errors import Invalid, NotFound
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage
from forum import api as forum
from roadmap.forms import need_sentence
from roadmap.items import queries
from roadmap.items import service as items
from roadmap.items.forms import NewItemForm, OptionalId
from roadmap.items.models import ItemStatus, RoadmapItem
from roadmap.items.stages import STATUS_LABELS
from roadmap.links import service

router = APIRouter(include_in_schema=False)
EDIT = [allow("roadmap.edit")]


class NothingChosen(Invalid):
    code = "nothing_chosen"
    message = N_("Choose an item, or write the title of a new one.")


SAID = dict.fromkeys(service.Linked, N_("Linked to “%(item)s”.")) | {
    service.Linked.QUIETLY: N_(
        "Linked to “%(item)s”. So many people stand behind it that they hear of it with the next step, which a second "
        "person approves."
    )
}


@dataclass(frozen=True)
class Choice:
    """An item in the list that one chooses from."""

    item_id: int
    title: str
    status: ItemStatus


class LinkForm(BaseModel):
    """An item that exists, or the title of a new one with what it is and the first sentence to owners."""

    item: OptionalId = None
    title: str = Field("", max_length=120)
    what: str = Field("", max_length=4000)
    sentence: str = Field("", max_length=1000)
    board: OptionalId = None
    back: str = Field("", max_length=2000)
    """The page that this was asked on, such as the queue of themes."""


class TargetForm(BaseModel):
    """What an item is linked to."""

    theme: OptionalId = None
    post: OptionalId = None


BoundLink = Annotated[BoundForm[LinkForm], Depends(bind(LinkForm))]
BoundTarget = Annotated[BoundForm[TargetForm], Depends(bind(TargetForm))]


@router.post("/themes/{theme_id}/link", dependencies=EDIT)
def link_theme(theme_id: RowId, form: BoundLink, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Link a theme to an item, perhaps one made here and now."""
    item = _chosen(db, form, actor)
    linked = service.link_theme(db, item, theme_id, by=actor)
    link_id = service.link_of(db, item.id or 0, theme_id)
    page.flash(
        SAID[linked], level="success", item=item.title,
        undo_url=page.url("remove_link", {"back": theme_id}, item_id=item.id, link_id=link_id),
    )  # fmt: skip
    return page.redirect_to((form.value.back if form.value else "") or page.url("show_theme", theme_id=theme_id))


@router.post("/posts/{post_id}/link", dependencies=EDIT)
def link_post(post_id: RowId, form: BoundLink, page: CurrentPage, actor: CurrentActor, db: Db) -> Response:
    """Link one post to an item, perhaps one made here and now."""
    item = _chosen(db, form, actor)
    linked = service.link_post(db, item, post_id, by=actor)
    page.flash(SAID[linked], level="success", item=item.title)
    return page.redirect("show_post", post_id=post_id)


@router.get("/posts/{post_id}/link", dependencies=EDIT)
def choose_item(post_id: RowId, page: CurrentPage, db: ReadDb) -> Response:
    """Which item answers this post."""
    card = forum.post_cards(db, [post_id], actor=page.actor).get(post_id)
    if card is None:
        raise NotFound(f"post {post_id}")
    choices = [Choice(item.id, item.title, item.status) for item in queries.item_cards(db, page.actor)]
    return page.render("roadmap/links/choose.html", card=card, choices=choices, status_labels=STATUS_LABELS)


@router.post("/roadmap/{item_id}/links", dependencies=EDIT)
def add_link(
    item_id: RowId,
    form: BoundTarget,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    theme: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    post: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """Link the item to a theme or a post; the address carries the target where this is an undo."""
    item = queries.get_item(db, item_id, actor)
    posted = form.value or TargetForm()
    theme, post = theme or posted.theme, post or posted.post
    if theme is None and post is None:
        raise Invalid("no target", fields={"post": N_("Please fill this in.")})
    if theme is not None:
        linked = service.link_theme(db, item, theme, by=actor)
    if post is not None:
        linked = service.link_post(db, item, post, by=actor)
    page.flash(SAID[linked], level="success", item=item.title)
    return page.redirect("show_item", item_id=item_id)


@router.post("/roadmap/{item_id}/links/{link_id}/remove", dependencies=EDIT)
def remove_link(
    item_id: RowId,
    link_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    back: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """Take a link back, with an undo. `back`: the theme whose page this was asked on."""
    item = queries.get_item(db, item_id, actor)
    link = service.get_link(db, item_id, link_id)
    target: dict[str, Any] = {"theme": link.theme_id, "post": link.post_id}
    service.unlink(db, item, link, by=actor)
    page.flash(N_("The link is taken back."), undo_url=page.url("add_link", item_id=item_id, query=target))
    if back is not None:
        return page.redirect("show_theme", theme_id=back)
    return page.redirect("show_item", item_id=item_id)


def _chosen(db: Db, form: BoundForm[LinkForm], actor: Actor) -> RoadmapItem:
    value = form.value
    if value is None or not (value.item or value.title):
        raise NothingChosen(fields=form.errors or {"item": NothingChosen.message})
    if value.item:
        return queries.get_item(db, value.item, actor)
    need_sentence(value.sentence)
    new = NewItemForm(
        title=value.title, what=value.what, sentence=value.sentence.strip(), board=value.board, public=True
    )  # fmt: skip
    return items.add_item(db, new, by=actor)
