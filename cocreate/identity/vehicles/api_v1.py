"""Cars as JSON, for the brand's own systems: which software a car has."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from cocreate.core.errors import NotFound
from cocreate.identity.vehicles import queries, service
from cocreate.web.access import CurrentActor, Db, RowId, allow
from cocreate.web.refusals import FOR_TOKENS, refusals

router = APIRouter(prefix="/api/v1", tags=["vehicles"])


class SoftwareIn(BaseModel):
    """The software that the brand's records name."""

    model_config = ConfigDict(json_schema_extra={"example": {"software": "2.4.1"}})

    software: Annotated[str, Field(min_length=1, max_length=40)]


class VehicleOut(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 7, "model": "云麓", "model_year": 2025, "hardware": "HW3", "software": "2.4.1", "verified": True,
            }
        }
    )  # fmt: skip

    id: int
    model: str
    model_year: int | None
    hardware: str
    software: str
    verified: bool


@router.put(
    "/vehicles/{vehicle_id}/software",
    dependencies=[allow("identity.verify_vehicle", scope="vehicles:write")],
    responses={**FOR_TOKENS, **refusals(NotFound)},
)
def api_set_software(vehicle_id: RowId, sent: SoftwareIn, db: Db, actor: CurrentActor) -> VehicleOut:
    """Note which software a car has. Its owner is told what a release that it has by now brings of their points."""
    vehicle = queries.get_vehicle(db, vehicle_id)
    service.set_software(db, vehicle, sent.software.strip(), by=actor)
    return VehicleOut(
        id=vehicle.id or 0, model=vehicle.model, model_year=vehicle.model_year, hardware=vehicle.hardware,
        software=vehicle.software, verified=vehicle.verified,
    )  # fmt: skip
