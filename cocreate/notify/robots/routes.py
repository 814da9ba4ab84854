"""The page on which an administrator connects the robots of staff groups."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import departments
from cocreate.notify.robots import service
from cocreate.notify.robots.forms import RobotForm
from cocreate.notify.robots.vendors import RULES
from cocreate.web.access import CurrentActor, CurrentRuntime, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage

router = APIRouter(include_in_schema=False, dependencies=[allow("notify.robots")])
BoundRobot = Annotated[BoundForm[RobotForm], Depends(bind(RobotForm))]


@router.get("/deliveries/robots")
def show_robots(db: ReadDb, page: CurrentPage) -> Response:
    """The robots, and a form for one more."""
    return _page(page, db, BoundForm.blank())


@router.post("/deliveries/robots")
def add_robot(form: BoundRobot, actor: CurrentActor, runtime: CurrentRuntime, db: Db, page: CurrentPage) -> Response:
    """Connect one more; its address is not shown again."""
    if form.value is None:
        return _page(page, db, form, status=422)
    name = form.value.name
    try:
        service.add_robot(db, runtime.settings, form.value, by=actor)
    except Invalid as refusal:
        for name, message in refusal.fields.items():
            form = form.refuse(name, message)
        return _page(page, db, form, status=422)
    page.flash(N_("%(name)s is connected. Have it say something to see whether it works."), name=name)
    return page.redirect("show_robots")


def _page(page: CurrentPage, db: ReadDb, form: BoundForm[RobotForm], *, status: int = 200) -> Response:
    offices = departments(db)
    # What was typed into these two is a secret: a form that is shown again asks for it again.
    form.values.pop("url", None)
    form.values.pop("secret", None)
    return page.render(
        "notify/robots/list.html", status=status, form=form, robots=service.active(db),
        rules=RULES, departments=offices, offices={one.id: one.name for one in offices}, may_robots=True,
    )  # fmt: skip


@router.post("/deliveries/robots/{robot_id}/try")
def try_robot(robot_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Have it say that it works; the log says whether it did."""
    service.try_robot(db, service.get_robot(db, robot_id), by=actor)
    page.flash(N_("It has been asked to say something. Look into the group, or below at what was told."))
    return page.redirect("show_deliveries", query={"channel": "robot"})


@router.post("/deliveries/robots/{robot_id}/pause")
def pause_robot(robot_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Have it say nothing for now."""
    robot = service.get_robot(db, robot_id)
    service.pause_robot(db, robot, paused=True, by=actor)
    page.flash(N_("%(name)s says nothing for now."), name=robot.name)
    return page.redirect("show_robots")


@router.post("/deliveries/robots/{robot_id}/resume")
def resume_robot(robot_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Have it speak again."""
    robot = service.get_robot(db, robot_id)
    service.pause_robot(db, robot, paused=False, by=actor)
    page.flash(N_("%(name)s speaks again."), name=robot.name)
    return page.redirect("show_robots")


@router.post("/deliveries/robots/{robot_id}/remove")
def remove_robot(robot_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Forget its address."""
    robot = service.get_robot(db, robot_id)
    service.remove_robot(db, robot, by=actor)
    page.flash(N_("%(name)s is removed, and its address forgotten."), name=robot.name)
    return page.redirect("show_robots")
