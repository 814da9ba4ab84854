"""My garage, and the brand's mark on a car."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response

from cocreate.core.errors import NotFound
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles import queries, service
from cocreate.identity.vehicles.forms import CarForm
from cocreate.identity.vehicles.models import Vehicle
from cocreate.web.access import CurrentActor, Db, ReadDb, RowId, allow
from cocreate.web.forms import BoundForm, bind
from cocreate.web.page import CurrentPage, Page

router = APIRouter(include_in_schema=False)
OWN = [allow("identity.own_account")]
BoundCar = Annotated[BoundForm[CarForm], Depends(bind(CarForm))]


@router.get("/garage", dependencies=OWN)
def show_garage(actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """The member's cars, and a form for one more."""
    return page.render(
        "identity/garage.html", cars=queries.garage(db, actor.member_id), models=queries.known_models(db), form=None
    )


@router.post("/garage", dependencies=OWN)
def add_vehicle(form: BoundCar, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Put a car into the garage."""
    if form.value is None:
        cars, models = queries.garage(db, actor.member_id), queries.known_models(db)
        return page.render("identity/garage.html", block="form", status=422, cars=cars, models=models, form=form)
    service.add_vehicle(db, form.value, owner=actor)
    page.flash(N_("Your car is in the garage."), level="success")
    return page.redirect("show_garage")


@router.get("/garage/{vehicle_id}", dependencies=OWN)
def edit_vehicle(vehicle_id: RowId, actor: CurrentActor, db: ReadDb, page: CurrentPage) -> Response:
    """A form with what is known of the car."""
    vehicle = queries.get_vehicle(db, vehicle_id, member_id=actor.member_id)
    return _edit_page(page, vehicle, BoundForm.blank(**_values(vehicle)), queries.known_models(db))


@router.post("/garage/{vehicle_id}", dependencies=OWN)
def change_vehicle(vehicle_id: RowId, form: BoundCar, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Correct what is known of the car."""
    vehicle = queries.get_vehicle(db, vehicle_id, member_id=actor.member_id)
    if form.value is None:
        return _edit_page(page, vehicle, form, queries.known_models(db), status=422)
    service.change_vehicle(db, vehicle, form.value, by=actor)
    page.flash(N_("Saved."), level="success")
    return page.redirect("show_garage")


@router.post("/garage/{vehicle_id}/remove", dependencies=OWN)
def remove_vehicle(vehicle_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take the car out of the garage."""
    vehicle = queries.get_vehicle(db, vehicle_id, member_id=actor.member_id)
    service.remove_vehicle(db, vehicle, by=actor)
    page.flash(
        N_("%(model)s has left the garage."), model=vehicle.model,
        undo_url=page.url("restore_vehicle", vehicle_id=vehicle_id),
    )  # fmt: skip
    return page.redirect("show_garage")


@router.post("/garage/{vehicle_id}/restore", dependencies=OWN)
def restore_vehicle(vehicle_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Put a removed car back."""
    vehicle = db.get(Vehicle, vehicle_id)
    if vehicle is None or vehicle.member_id != actor.member_id:
        raise NotFound(f"vehicle {vehicle_id}")
    if vehicle.removed_at is not None:
        service.restore_vehicle(db, vehicle, by=actor)
    return page.redirect("show_garage")


@router.get("/vehicles/{vehicle_id}", dependencies=[allow("identity.see_members")])
def show_owner(vehicle_id: RowId, db: ReadDb, page: CurrentPage) -> Response:
    """A car is looked at on the page of its owner."""
    return page.redirect("show_member", member_id=queries.get_vehicle(db, vehicle_id).member_id)


@router.post("/vehicles/{vehicle_id}/verify", dependencies=[allow("identity.verify_vehicle")])
def verify_vehicle(
    vehicle_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage, seen: Annotated[str, Form()] = ""
) -> Response:
    """Mark a car as verified by the brand. `seen` is the sign of the car that the page showed."""
    vehicle = queries.get_vehicle(db, vehicle_id)
    service.verify_vehicle(db, vehicle, by=actor, seen=seen)
    undo = page.url("unverify_vehicle", vehicle_id=vehicle_id)
    page.flash(N_("%(model)s is verified now."), model=vehicle.model, level="success", undo_url=undo)
    return page.redirect("show_member", member_id=vehicle.member_id)


@router.post("/vehicles/{vehicle_id}/unverify", dependencies=[allow("identity.verify_vehicle")])
def unverify_vehicle(vehicle_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage) -> Response:
    """Take the mark back."""
    vehicle = queries.get_vehicle(db, vehicle_id)
    service.unverify_vehicle(db, vehicle, by=actor)
    page.flash(N_("%(model)s is no longer verified."), model=vehicle.model)
    return page.redirect("show_member", member_id=vehicle.member_id)


@router.post("/vehicles/{vehicle_id}/software", dependencies=[allow("identity.verify_vehicle")])
def set_software(
    vehicle_id: RowId, actor: CurrentActor, db: Db, page: CurrentPage,
    software: Annotated[str, Form(max_length=40)] = "",
) -> Response:  # fmt: skip
    """Note which software a car has, as the brand's records say."""
    vehicle = queries.get_vehicle(db, vehicle_id)
    service.set_software(db, vehicle, software.strip(), by=actor)
    page.flash(N_("Saved."), level="success")
    return page.redirect("show_member", member_id=vehicle.member_id)


def _values(vehicle: Vehicle) -> dict[str, object]:
    return {name: getattr(vehicle, name) for name in CarForm.model_fields}


def _edit_page(
    page: Page, vehicle: Vehicle, form: BoundForm[CarForm], models: list[str], *, status: int = 200
) -> Response:
    return page.render("identity/car.html", block="form", status=status, car=vehicle, form=form, models=models)
