"""Taking a fleet in: looked at first, then put to use as a whole, and taken back as a whole."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict
from cocreate.core.text_marks import N_
from feedback_cluster.fleet.models import FleetRow, FleetUpload
from feedback_cluster.fleet.queries import current_upload
from feedback_cluster.fleet.reading import Part

BATCH = 2_000


class AlreadyUsed(Conflict):
    code = "fleet_used"
    message = N_("This file is in use already.")


class NotInUse(Conflict):
    code = "fleet_not_in_use"
    message = N_("This file is not the one in use.")


def keep_draft(session: Session, parts: Sequence[Part], name: str, *, by: Actor) -> FleetUpload:
    """A file to be looked at; an older one of the same person that was never used is forgotten."""
    _forget_drafts(session, by)
    upload = FleetUpload(
        name=name[:200], parts=len(parts), cars=sum(part.cars for part in parts), by_id=by.member_id
    )  # fmt: skip
    session.add(upload)
    session.flush()
    rows = [{"upload_id": upload.id, **vars(part)} for part in parts]
    for start in range(0, len(rows), BATCH):
        session.connection().execute(sa.insert(FleetRow), rows[start : start + BATCH])
    return upload


def use(session: Session, upload: FleetUpload, *, by: Actor) -> None:
    """Make this file the fleet."""
    taken = session.connection().execute(
        sa.update(FleetUpload)
        .where(col(FleetUpload.id) == upload.id, col(FleetUpload.used_at).is_(None))
        .values(used_at=clock.now(), used_by_id=by.member_id)
    )
    if taken.rowcount != 1:
        raise AlreadyUsed(f"fleet upload {upload.id}")
    session.refresh(upload)
    audit.record(session, by, "fleet.use", "fleet_upload", upload.id, cars=upload.cars, parts=upload.parts)


def take_back(session: Session, upload: FleetUpload, *, by: Actor) -> FleetUpload | None:
    """Go back to the fleet before this file; what holds then, None for the garages."""
    current = current_upload(session)
    if current is None or current.id != upload.id:
        raise NotInUse(f"fleet upload {upload.id}")
    upload.undone_at = clock.now()
    session.add(upload)
    session.flush()
    audit.record(session, by, "fleet.undo", "fleet_upload", upload.id)
    return current_upload(session)


def _forget_drafts(session: Session, by: Actor) -> None:
    mine = select(FleetUpload.id).where(FleetUpload.by_id == by.member_id, col(FleetUpload.used_at).is_(None))
    connection = session.connection()
    connection.execute(sa.delete(FleetRow).where(col(FleetRow.upload_id).in_(mine)))
    connection.execute(
        sa.delete(FleetUpload).where(col(FleetUpload.by_id) == by.member_id, col(FleetUpload.used_at).is_(None))
    )
