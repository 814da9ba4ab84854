"""The brand asks on the theme's page; owners answer on a small page of their own."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import NOBODY, people
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.page import CurrentPage
from feedback_cluster.questions import service
from feedback_cluster.themes.queries import get_theme
from feedback_cluster.triage.place import CurrentWay
from forum import api as forum

router = APIRouter(include_in_schema=False)
TRIAGE, OWN = [allow("theme.triage")], [allow("question.answer")]


@router.post("/themes/{theme_id}/questions", dependencies=TRIAGE)
def ask_back(
    theme_id: RowId,
    page: CurrentPage,
    way: CurrentWay,
    actor: CurrentActor,
    db: Db,
    text: Annotated[str, Form()] = "",
    choices: Annotated[str, Form(max_length=600)] = "",
    count: Annotated[int, Form(ge=1, le=service.MOST)] = 20,
) -> Response:
    """Ask a sample of the theme's authors; ready answers one per line."""
    question = service.ask(db, get_theme(db, theme_id), text, choices.splitlines(), count, by=actor)
    page.flash(
        N_("Asked. Their answers appear on the theme as they come."), level="success"
    )  # fmt: skip
    theme_page = page.url("show_theme", theme_id=question.theme_id)
    return page.redirect_to(way.back or f"{theme_page}#questions")


@router.post("/triage/questions/{question_id}/close", dependencies=TRIAGE)
def close_question(question_id: RowId, page: CurrentPage, way: CurrentWay, actor: CurrentActor, db: Db) -> Response:
    question = service.get_question(db, question_id)
    service.close(db, question, by=actor)
    page.flash(N_("Closed. No more answers come in."), level="success")
    return page.redirect_to(way.back or page.url("show_theme", theme_id=question.theme_id))


@router.get("/questions/{question_id}", dependencies=OWN)
def show_question(question_id: RowId, page: CurrentPage, actor: CurrentActor, db: ReadDb) -> Response:
    """What the brand wants to know of this owner, about what they wrote."""
    asked = service.asked_of(db, question_id, actor.member_id)
    question = service.get_question(db, question_id)
    card = forum.post_cards(db, [asked.post_id], actor=actor).get(asked.post_id)
    by = people(db, [question.by_id]).get(question.by_id, NOBODY)
    return page.render("feedback_cluster/questions/question.html", question=question, asked=asked, card=card, by=by)


@router.post("/questions/{question_id}", dependencies=OWN)
def answer_question(
    question_id: RowId,
    page: CurrentPage,
    actor: CurrentActor,
    db: Db,
    choice: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    service.answer(db, service.asked_of(db, question_id, actor.member_id), choice, words)
    page.flash(N_("Thank you. Your answer is with the people who work on it."), level="success")
    return page.redirect("show_question", question_id=question_id)
