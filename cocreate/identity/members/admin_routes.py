"""Members as staff see them: search, roles, suspension, cars to verify."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core import audit
from cocreate.core.actor import STAFF, Role
from cocreate.core.text_marks import N_
from cocreate.identity.labels import ACTION_LABELS, ROLE_LABELS
from cocreate.identity.members import queries, service
from cocreate.identity.members.forms import RolesForm
from cocreate.identity.vehicles.queries import garage
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage

router = APIRouter(include_in_schema=False)
SEE = [allow("identity.see_members")]
MANAGE = [allow("identity.manage_members")]
BoundRoles = Annotated[BoundForm[RolesForm], Depends(bind(RolesForm))]


@router.get("/members", dependencies=SEE)
def show_members(
    actor: CurrentActor, db: ReadDb, page: CurrentPage,
    q: str = "", role: Role | None = None, suspended: bool = False, cursor: str | None = None,
) -> Response:  # fmt: skip
    """Everybody, newest first; addresses are shown to administrators alone."""
    may_manage = actor.can("identity.manage_members")
    listing = queries.search_members(db, q, role=role, suspended=suspended, with_email=may_manage, cursor=cursor)
    query = {"q": q, "role": role, "suspended": "true" if suspended else ""}
    return page.render(
        "identity/members.html", block="rows", members=listing.items, q=q, role=role, suspended=suspended,
        next_url=page.url("show_members", query={**query, "cursor": listing.next_cursor})
        if listing.next_cursor else None,
        may_manage=may_manage, labels=ROLE_LABELS, staff_roles=[role for role in Role if role in STAFF],
    )  # fmt: skip


@router.get("/members/{member_id}", dependencies=SEE)
def show_member(member_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """One member: cars, roles, and what was done to the account."""
    member = queries.get_member(db, member_id)
    entries = audit.trail(db, "member", member_id, limit=30)
    return page.render(
        "identity/member.html", member=member, held=queries.roles_of(db, [member_id]).get(member_id, ()),
        cars=garage(db, member_id), entries=entries,
        who=queries.people(db, [entry.actor_id for entry in entries]),
        may_manage=actor.can("identity.manage_members"), may_verify=actor.can("identity.verify_vehicle"),
        labels=ROLE_LABELS, actions=ACTION_LABELS, staff_roles=[role for role in Role if role in STAFF],
    )  # fmt: skip


@router.post("/members/{member_id}/roles", dependencies=MANAGE)
def set_roles(member_id: RowId, form: BoundRoles, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Give a member exactly the ticked roles."""
    member = queries.get_member(db, member_id)
    if form.value is None:
        page.flash(N_("Please choose from the listed roles; a title has at most 60 characters."), level="error")
        return page.redirect("show_member", member_id=member_id)
    service.set_roles(db, member, frozenset(form.value.roles), form.value.title, by=actor)
    page.flash(N_("The roles of %(name)s are saved."), level="success", name=member.name)
    return page.redirect("show_member", member_id=member_id)


@router.post("/members/{member_id}/suspend", dependencies=MANAGE)
def suspend_member(member_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Shut a member out."""
    member = queries.get_member(db, member_id)
    service.suspend_member(db, member, by=actor)
    page.flash(
        N_("%(name)s is suspended and signed out everywhere."), name=member.name,
        undo_url=page.url("resume_member", member_id=member_id),
    )  # fmt: skip
    return page.redirect("show_member", member_id=member_id)


@router.post("/members/{member_id}/resume", dependencies=MANAGE)
def resume_member(member_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Let a member in again."""
    member = queries.get_member(db, member_id)
    service.resume_member(db, member, by=actor)
    page.flash(N_("%(name)s may sign in again."), level="success", name=member.name)
    return page.redirect("show_member", member_id=member_id)
