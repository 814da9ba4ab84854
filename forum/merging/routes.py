"""Merging as staff see it: choosing, the preview with its arithmetic, the list; and objections of authors."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from sqlmodel import Session

from cocreate.core.errors import Refusal
from cocreate.core.tables import MAX_ID
from cocreate.core.text_marks import N_
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page
from cocreate.web.paging import decode_cursor, encode_cursor
from forum.links import cursor_id
from forum.merging import objections, picker, service, views
from forum.merging.forms import AnswerForm, MergeForm, ObjectionForm
from forum.merging.models import Merge
from forum.merging.queries import heads_of, merge_of, merge_sum
from forum.posts.models import KIND_LABELS, STATUS_LABELS, Post
from forum.posts.queries import get_post

router = APIRouter(include_in_schema=False)
MERGE, WRITE = [allow("forum.merge")], [allow("forum.write")]
BoundMerge = Annotated[BoundForm[MergeForm], Depends(bind(MergeForm))]
BoundObjection = Annotated[BoundForm[ObjectionForm], Depends(bind(ObjectionForm))]
BoundAnswer = Annotated[BoundForm[AnswerForm], Depends(bind(AnswerForm))]
PAGE = 30


@router.get("/posts/{post_id}/merge", dependencies=MERGE)
def choose_target(
    post_id: RowId,
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    q: Annotated[str, Query(max_length=200)] = "",
    into: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> Response:
    """Which post this one becomes part of; with one chosen, what that comes to."""
    post = get_post(db, post_id, actor)
    if into is not None:
        return _preview(db, page, post, into, BoundForm[MergeForm].blank(into=into))
    q = q.replace("\x00", "")
    return page.render(
        "forum/merging/choose.html", block="targets", post=post, q=q, cards=picker.candidates(db, post, q, actor),
        status_labels=STATUS_LABELS, merge=merge_of(db, post_id),
    )  # fmt: skip


@router.post("/posts/{post_id}/merge", dependencies=MERGE)
def merge_post(post_id: RowId, form: BoundMerge, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Make the post part of another one."""
    if form.value is None:
        post = get_post(db, post_id, actor)
        into = form.values.get("into", "")
        if not str(into).isdigit() or not 0 < int(into) <= MAX_ID:
            return page.redirect("choose_target", post_id=post_id)
        return _preview(db, page, post, int(into), form, status=422)
    merge = service.merge_posts(db, post_id, form.value.into, by=actor, reason=form.value.reason)
    page.flash(
        N_("Merged. %(count)s people stand behind it now; authors and voters are told in two minutes."),
        level="success", count=merge.sums["together"], undo_url=page.url("undo_merge", merge_id=merge.id),
    )  # fmt: skip
    return page.redirect("show_post", query={"from": post_id}, post_id=merge.target_id)


@router.post("/merges/{merge_id}/undo", dependencies=MERGE)
def undo_merge(merge_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take a merge back."""
    merge = service.undo_merge(db, merge_id, by=actor)
    page.flash(N_("Taken back: both stand by themselves again, with every vote where it was."), level="success")
    return page.redirect("show_post", post_id=merge.source_id)


@router.get("/moderation/merges", dependencies=MERGE)
def show_merges(
    actor: CurrentActor,
    db: ReadDb,
    page: CurrentPage,
    show: Annotated[Literal["all", "objections"], Query()] = "all",
    cursor: str | None = None,
) -> Response:
    """What was merged by whom, and what authors say to it."""
    before = cursor_id(decode_cursor(cursor, 1)[0]) if cursor else None
    rows = views.merge_rows(db, actor, objected=show == "objections", before_id=before, limit=PAGE + 1)
    more = encode_cursor([rows[PAGE - 1].merge.id or 0]) if len(rows) > PAGE else None
    query = {"show": show if show != "all" else None, "cursor": more}
    return page.render(
        "forum/merging/list.html", block="rows" if cursor else None, rows=rows[:PAGE], show=show, form=None,
        waiting=views.waiting_objections(db), first=cursor is None,
        next_url=page.url("show_merges", query=query) if more else None,
    )  # fmt: skip


@router.post("/merges/{merge_id}/object", dependencies=WRITE)
def object_to_merge(
    merge_id: RowId, form: BoundObjection, actor: CurrentActor, db: Db, page: CurrentPage
) -> Response:  # fmt: skip
    """Say that one's own post is something else."""
    sentence = form.value.sentence if form.value else ""
    objection = objections.object_to(db, merge_id, sentence, by=actor)
    page.flash(N_("Thank you. Staff look at it, and you are told what comes of it."), level="success")
    merge = db.get_one(Merge, objection.merge_id)
    return page.redirect("show_post", query={"self": "1"}, post_id=merge.source_id)


@router.post("/objections/{objection_id}/keep", dependencies=MERGE)
def keep_merge(objection_id: RowId, form: BoundAnswer, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Leave it merged and tell the author why."""
    objections.keep_merge(db, objection_id, form.value.answer if form.value else "", by=actor)
    page.flash(N_("It stays. The author is told why."), level="success")
    return page.redirect("show_merges", query={"show": "objections"})


def _preview(
    db: Session, page: Page, post: Post, into: int, form: BoundForm[MergeForm], *, status: int = 200
) -> Response:
    target_id = heads_of(db, [into]).get(into, into)
    target = get_post(db, target_id, page.actor)
    refusal: str | None = None
    try:
        service.check_merge(db, post.id or 0, target_id, by=page.actor)
    except Refusal as found:
        refusal = found.message
    context: dict[str, Any] = {
        "post": post,
        "target": target,
        "asked": into,
        "sums": None if refusal else merge_sum(db, post.id or 0, target_id),
        "refusal": refusal,
        "form": form,
        "kind_labels": KIND_LABELS,
        "status_labels": STATUS_LABELS,
        "people": views.authors(db, [post, target]),
    }
    return page.render("forum/merging/preview.html", status=status, **context)
