"""Owners whose cars have a release are told when it is stopped, goes on, or is taken back."""

from sqlmodel import Session, col

from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles.models import Vehicle
from cocreate.notify.inbox.service import tell
from roadmap.applicability.models import CarRelease
from roadmap.releases.models import Release, ReleaseRollout, RolloutKind

BODY = "%(sentence)s"
REASON = N_("Because your %(model)s has it")
NAMES = {
    RolloutKind.PAUSED: "roadmap.release.paused",
    RolloutKind.RESUMED: "roadmap.release.resumed",
    RolloutKind.ROLLED_BACK: "roadmap.release.rolled_back",
}
NOTICES = {
    NAMES[RolloutKind.PAUSED]: Notice(N_("OTA %(version)s is paused"), REASON, BODY, group="releases"),
    NAMES[RolloutKind.RESUMED]: Notice(N_("OTA %(version)s goes on"), REASON, BODY, group="releases"),
    NAMES[RolloutKind.ROLLED_BACK]: Notice(N_("OTA %(version)s was taken back"), REASON, BODY, group="releases"),
}
CHUNK = 500


def tell_halted(runtime: Runtime, *, rollout_id: int) -> None:
    """Job: one message to each owner of a car that has the release, in chunks; a second run adds what is missing."""
    with runtime.database.read() as session:
        row = session.get(ReleaseRollout, rollout_id)
        release = session.get(Release, row.release_id) if row else None
        if row is None or release is None or row.kind not in NAMES:
            return
        owners = _owners(session, row.release_id)
    members = sorted(owners)
    for start in range(0, len(members), CHUNK):
        chunk = {member: owners[member] for member in members[start : start + CHUNK]}
        words = {"version": release.version, "sentence": row.sentence}
        with runtime.database.write() as session:
            tell(
                session, list(chunk), NAMES[row.kind], key=f"release:{release.id}:halt:{row.id}",
                params={member: {**words, "model": model} for member, model in chunk.items()},
                url=f"/releases/{release.id}", topic=f"release:{release.id}",
            )  # fmt: skip


def _owners(session: Session, release_id: int) -> dict[int, str]:
    """Members who have a car with the release, and the model of their first one."""
    statement = (
        columns(Vehicle.member_id, Vehicle.model)
        .join(CarRelease, col(CarRelease.vehicle_id) == Vehicle.id)
        .where(CarRelease.release_id == release_id, col(Vehicle.removed_at).is_(None))
        .order_by(col(Vehicle.id))
    )
    owners: dict[int, str] = {}
    for member_id, model in session.exec(statement):
        owners.setdefault(member_id, model)
    return owners
