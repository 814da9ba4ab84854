"""Pages on which people teach the themes: voices without one, questions, why one is where it is, founding."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Response
from pydantic import Field

from cocreate.core.errors import NotFound
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.guiding import queries, service
from feedback_cluster.themes.assign import loaded_model
from feedback_cluster.themes.models import Source, ThemeDecision
from feedback_cluster.themes.queries import current_run_id, get_theme
from feedback_cluster.themes.service import themes_for_choice
from forum import api as forum

router = APIRouter(include_in_schema=False)
READ, TRIAGE = [allow("theme.read")], [allow("theme.triage")]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
Chosen = Annotated[list[Id], Form(alias="post")]
Target = Annotated[int, Form(ge=0, le=MAX_ID)]
Words = Annotated[str, Query(max_length=80)]


@router.get("/triage/rest", dependencies=READ)
def show_rest(
    page: CurrentPage,
    actor: CurrentActor,
    db: ReadDb,
    order: queries.Order = queries.Order.NEW,
    model: Annotated[str, Query(max_length=60)] = "",
    q: Words = "",
    cursor: str | None = None,
) -> Response:
    """Voices without a theme as a work list."""
    model, q = model.strip(), q.strip()
    listing = queries.rest_posts(db, actor, order=order, model=model, q=q, cursor=cursor)
    kept = {"order": order.value, "model": model, "q": q}
    more = page.url("show_rest", {**kept, "cursor": listing.next_cursor}) if listing.next_cursor else None
    context: dict[str, Any] = {"posts": listing.items, "next_url": more, "from_start": cursor is None}
    if not (page.partial and cursor):
        context |= {
            "rest": queries.rest(db),
            "bound": queries.BOUND,
            "order": order.value,
            "model": model,
            "q": q,
            "models": forum.models_in_use(db),
            "themes": themes_for_choice(db, 0),
            "has_run": current_run_id(db) is not None,
            "back": page.url("show_rest", kept),
        }
    return page.render("feedback_cluster/guiding/rest.html", block="rows" if cursor else "list", **context)


@router.get("/triage/choices", dependencies=READ)
def show_choices(page: CurrentPage, db: ReadDb, find: Words = "") -> Response:
    """Themes for what is typed into the field of a form."""
    found = queries.find_themes(db, find)
    return page.render("feedback_cluster/guiding/_choices.html", found=found, find=find)


@router.post("/triage/place", dependencies=TRIAGE)
def place_posts(
    page: CurrentPage,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
    target: Target = 0,
    back: Annotated[str, Form()] = "",
) -> Response:
    """Say where the chosen voices belong; target 0: in no theme."""
    decision = service.place(db, chosen, target or None, by=actor, zone=runtime.settings.zone)
    page.flash(N_("Kept. Every later run goes by it."), level="success", undo_url=_undo_url(page, decision))
    return page.redirect_to(back or page.url("show_rest"))


@router.post("/triage/leave", dependencies=TRIAGE)
def leave_posts(
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
    back: Annotated[str, Form()] = "",
) -> Response:
    """Take voices off the work list; they stay without a theme unless a run finds one."""
    service.leave(db, chosen, by=actor)
    undo = page.url("take_up_posts", {"post": ",".join(str(post_id) for post_id in chosen)})
    page.flash(N_("Left as they are. They are off this list."), level="success", undo_url=undo)
    return page.redirect_to(back or page.url("show_rest"))


@router.post("/triage/take-up", dependencies=TRIAGE)
def take_up_posts(
    page: CurrentPage, actor: CurrentActor, db: Db, post: Annotated[str, Query(pattern=r"^\d{1,18}(,\d{1,18})*$")]
) -> Response:
    """Put voices that were left back onto the list."""
    service.take_up(db, [int(number) for number in post.split(",")], by=actor)
    page.flash(N_("Back on the list."), level="success")
    return page.redirect("show_rest")


@router.get("/triage/ask", dependencies=READ)
def show_ask(
    page: CurrentPage,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: ReadDb,
    start: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Response:
    """One voice at a time, the most useful first."""
    asked, answered, whole = queries.question(db, actor, loaded_model(runtime), start=start)
    context: dict[str, Any] = {
        "question": asked,
        "answered": answered,
        "whole": whole,
        "others": themes_for_choice(db, 0),
        "start": start,
    }
    return page.render("feedback_cluster/guiding/ask.html", block="question", **context)


@router.post("/triage/ask/{post_id}", dependencies=TRIAGE)
def answer_ask(
    post_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    target: Target = 0,
    start: Annotated[int, Form(ge=0, le=10_000)] = 0,
) -> Response:
    """Keep the answer and show the next voice; target 0: it belongs to no theme."""
    decision = service.place(db, [post_id], target or None, by=actor, zone=runtime.settings.zone)
    page.flash(N_("Kept. Every later run goes by it."), level="success", undo_url=_undo_url(page, decision))
    return page.redirect("show_ask", {"start": start or ""})


@router.get("/triage/posts/{post_id}/why", dependencies=READ)
def show_why(
    post_id: RowId, page: CurrentPage, actor: CurrentActor, runtime: CurrentRuntime, db: ReadDb, back: str = ""
) -> Response:
    """Why a voice is in its theme, with a way to correct it."""
    told = queries.why(db, actor, loaded_model(runtime), post_id)
    if told is None:
        raise NotFound(f"post {post_id} in a run")
    others = themes_for_choice(db, told.theme.id if told.theme else 0)
    context: dict[str, Any] = {"why": told, "others": others, "back": back}
    return page.render(
        "feedback_cluster/guiding/why.html", block="why", by_person=told.source is Source.PERSON, **context
    )


@router.get("/triage/themes/new", dependencies=TRIAGE)
def show_found(
    page: CurrentPage,
    actor: CurrentActor,
    db: ReadDb,
    name: Words = "",
    words: Annotated[str, Query(max_length=600)] = "",
    find: Words = "",
    post: Annotated[list[Id], Query()] = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    """Found a theme with a few words or voices; what they find is shown while one types."""
    try:
        seeds, wrong = service.seeds_of(words), ""
    except service.TooManySeeds:
        seeds, wrong = [], service.TooManySeeds.message
    chosen = forum.post_cards(db, post[:100], actor=actor)
    found = [card for card in queries.found_posts(db, actor, find) if card.id not in chosen]
    context: dict[str, Any] = {
        "name": name, "words": words, "find": find, "chosen": list(chosen.values()), "found": found, "wrong": wrong,
        "preview": queries.preview(db, actor, seeds) if seeds else None,
    }  # fmt: skip
    return page.render("feedback_cluster/guiding/found.html", block="preview", **context)


@router.post("/triage/themes/new", dependencies=TRIAGE)
def found_theme(
    page: CurrentPage,
    actor: CurrentActor,
    runtime: CurrentRuntime,
    db: Db,
    name: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
    chosen: Chosen = [],  # noqa: B006 (FastAPI copies it)
) -> Response:
    decision = service.found_theme(db, name, words, chosen, by=actor, zone=runtime.settings.zone)
    page.flash(N_("Founded. The next run fills it."), level="success", undo_url=_undo_url(page, decision))
    return page.redirect("show_theme", theme_id=decision.theme_id)


@router.post("/triage/themes/{theme_id}/seeds", dependencies=TRIAGE)
def set_seeds(
    theme_id: RowId, page: CurrentPage, actor: CurrentActor, db: Db, words: Annotated[str, Form()] = ""
) -> Response:
    decision = service.set_seeds(db, get_theme(db, theme_id), words, by=actor)
    page.flash(N_("Kept. The next run goes by these words."), level="success", undo_url=_undo_url(page, decision))
    return page.redirect("show_theme", theme_id=theme_id)


def _undo_url(page: CurrentPage, decision: ThemeDecision | None) -> str | None:
    return page.url("undo_decision", decision_id=decision.id) if decision is not None else None
