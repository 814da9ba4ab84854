"""Departments as administrators see them: who heads them, who works there."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core.actor import STAFF
from cocreate.core.text_marks import N_
from cocreate.identity.departments import queries, service
from cocreate.identity.departments.forms import DepartmentDetailsForm, DepartmentForm
from cocreate.identity.labels import ROLE_LABELS
from cocreate.identity.members.queries import people, staff
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page

router = APIRouter(include_in_schema=False)
SEE = [allow("identity.see_members")]
MANAGE = [allow("identity.manage_departments")]
BoundDepartment = Annotated[BoundForm[DepartmentForm], Depends(bind(DepartmentForm))]
BoundDetails = Annotated[BoundForm[DepartmentDetailsForm], Depends(bind(DepartmentDetailsForm))]


@router.get("/departments", dependencies=SEE)
def show_departments(db: ReadDb, page: CurrentPage) -> Response:
    """All departments with their heads."""
    return _list(db, page, BoundForm.blank())


def _list(db: ReadDb, page: Page, form: BoundForm[DepartmentForm], status: int = 200) -> Response:
    rows = queries.all_departments(db)
    return page.render(
        "identity/departments/list.html", rows=rows, who=people(db, [row.head_id for row in rows]), form=form,
        leaders=[person.name for person in people(db, queries.leads(db)).values()],
        may_manage=page.actor.can("identity.manage_departments"), status=status,
    )  # fmt: skip


@router.post("/departments", dependencies=MANAGE)
def add_department(form: BoundDepartment, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Open a department."""
    if form.value is None:
        return _list(db, page, form, 422)
    department = service.open_department(db, form.value.name, by=actor)
    page.flash(N_("%(name)s is there. Say who heads it and who works in it."), level="success", name=department.name)
    return page.redirect("show_department", department_id=department.id)


@router.get("/departments/{department_id}", dependencies=SEE)
def show_department(department_id: RowId, db: ReadDb, page: CurrentPage) -> Response:
    """One department: name, head, members."""
    department = queries.get_department(db, department_id)
    members = queries.members_of(db, department_id)
    form: BoundForm[DepartmentDetailsForm] = BoundForm.blank(
        name=department.name, head=department.head_id, leadership=department.leadership, members=members
    )
    return _department(db, page, department_id, form)


def _department(
    db: ReadDb, page: Page, department_id: int, form: BoundForm[DepartmentDetailsForm], status: int = 200
) -> Response:
    department = queries.get_department(db, department_id)
    choice = staff(db, *STAFF)
    known = {person.id for person in choice}
    members = queries.members_of(db, department_id)
    # Whoever lost a role since stays visible, or saving would drop them without a word.
    kept = people(db, [one for one in [*members, department.head_id] if one not in known])
    return page.render(
        "identity/departments/edit.html", department=department, form=form, choice=[*choice, *kept.values()],
        members=[person for person in [*choice, *kept.values()] if person.id in members], labels=ROLE_LABELS,
        head=people(db, [department.head_id]).get(department.head_id or 0),
        may_manage=page.actor.can("identity.manage_departments"), status=status,
    )  # fmt: skip


@router.post("/departments/{department_id}", dependencies=MANAGE)
def change_department(
    department_id: RowId, form: BoundDetails, actor: CurrentActor, db: Db, page: CurrentPage
) -> Response:
    """Save name, head and members."""
    department = queries.get_department(db, department_id)
    if form.value is None:
        return _department(db, page, department_id, form, 422)
    service.change_department(
        db, department, name=form.value.name, head_id=form.value.head, leadership=form.value.leadership,
        member_ids=form.value.members, by=actor,
    )  # fmt: skip
    page.flash(N_("%(name)s is saved."), level="success", name=department.name)
    return page.redirect("show_departments")


@router.post("/departments/{department_id}/close", dependencies=MANAGE)
def close_department(department_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take no more questions."""
    department = queries.get_department(db, department_id)
    service.close_department(db, department, by=actor)
    page.flash(
        N_("%(name)s is closed. What it was asked keeps its name."), name=department.name,
        undo_url=page.url("reopen_department", department_id=department_id),
    )  # fmt: skip
    return page.redirect("show_departments")


@router.post("/departments/{department_id}/reopen", dependencies=MANAGE)
def reopen_department(department_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take questions again."""
    department = queries.get_department(db, department_id)
    service.reopen_department(db, department, by=actor)
    page.flash(N_("%(name)s is open again."), level="success", name=department.name)
    return page.redirect("show_departments")
