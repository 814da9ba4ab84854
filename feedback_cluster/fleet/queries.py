"""The fleet that holds, and who of it speaks in a theme."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core.errors import NotFound
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.vehicles import queries as vehicles
from cocreate.text.names import name_key
from feedback_cluster.fleet.index import Group, compare
from feedback_cluster.fleet.models import FleetRow, FleetUpload
from feedback_cluster.themes.models import Theme, ThemePost
from feedback_cluster.themes.queries import current_run

TRAITS = {"model": N_("Model"), "model_year": N_("Model year"), "region": N_("Region")}


@dataclass(frozen=True)
class Fleet:
    """Cars by trait and group. upload: the file that says so; None: counted in owners' garages, a sample of what is
    out there."""

    upload: FleetUpload | None
    cars: int
    groups: dict[str, dict[str, int]]

    @property
    def sampled(self) -> bool:
        return self.upload is None


@dataclass(frozen=True)
class Representation:
    """One trait of who speaks. speakers: people whose group is known."""

    trait: str
    label: str
    speakers: int
    groups: list[Group]


def current_upload(session: Session) -> FleetUpload | None:
    """The file in use."""
    return session.exec(
        select(FleetUpload)
        .where(col(FleetUpload.used_at).is_not(None), col(FleetUpload.undone_at).is_(None))
        .order_by(col(FleetUpload.used_at).desc(), col(FleetUpload.id).desc())
        .limit(1)
    ).first()


def get_upload(session: Session, upload_id: int) -> FleetUpload:
    upload = session.get(FleetUpload, upload_id)
    if upload is None:
        raise NotFound(f"fleet upload {upload_id}")
    return upload


def past_uploads(session: Session, limit: int = 20) -> Sequence[FleetUpload]:
    """Files that were put to use, newest first."""
    return session.exec(
        select(FleetUpload)
        .where(col(FleetUpload.used_at).is_not(None))
        .order_by(col(FleetUpload.used_at).desc(), col(FleetUpload.id).desc())
        .limit(limit)
    ).all()


def parts_of(session: Session, upload_id: int) -> list[tuple[str, int | None, str, int]]:
    """(model, year, region, cars) of a file."""
    statement = columns(FleetRow.model, FleetRow.model_year, FleetRow.region, FleetRow.cars).where(
        FleetRow.upload_id == upload_id
    )
    return [tuple(row) for row in session.exec(statement)]


def current_fleet(session: Session) -> Fleet:
    """The fleet in use, in two statements."""
    upload = current_upload(session)
    if upload is not None:
        return fleet_of(parts_of(session, upload.id or 0), upload)
    return fleet_of([(part.model, part.year, part.region, part.cars) for part in vehicles.fleet(session)], None)


def fleet_of(parts: Sequence[tuple[str, int | None, str, int]], upload: FleetUpload | None) -> Fleet:
    """Parts as counts by trait; what is spelled alike counts as one, under the spelling most cars have."""
    spelled: dict[str, dict[str, Counter[str]]] = {trait: {} for trait in TRAITS}
    for model, year, region, cars in parts:
        for trait, value in zip(TRAITS, (model, str(year or ""), region), strict=True):
            if value and cars:
                spelled[trait].setdefault(name_key(value), Counter())[value] += cars
    groups = {
        trait: {names.most_common(1)[0][0]: names.total() for names in found.values()}
        for trait, found in spelled.items()
    }
    return Fleet(upload, sum(part[3] for part in parts), groups)


def speakers_of(session: Session, root_id: int) -> dict[str, Counter[str]]:
    """Who speaks in the theme, by trait and group; who speaks several times counts once, by the last voice that says.

    One statement. Voices without a person stand for one speaker each.
    """
    statement = (
        columns(ThemePost.post_id, ThemePost.person, ThemePost.model, ThemePost.model_year, ThemePost.region)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .where(ThemePost.run_id == current_run(), Theme.root_id == root_id)
        .order_by(ThemePost.created_at, ThemePost.post_id)
    )
    last: dict[str, dict[str, str]] = {trait: {} for trait in TRAITS}
    for post_id, person, model, year, region in session.exec(statement):
        for trait, value in zip(TRAITS, (model, str(year or ""), region), strict=True):
            if value:
                last[trait][person or f"post:{post_id}"] = value
    return {trait: Counter(found.values()) for trait, found in last.items()}


def representation(session: Session, root_id: int, fleet: Fleet | None = None) -> tuple[Fleet, list[Representation]]:
    """Who speaks in a theme beside the fleet, by each trait that both know."""
    fleet = fleet or current_fleet(session)
    said = speakers_of(session, root_id)
    told: list[Representation] = []
    for trait, label in TRAITS.items():
        known = fleet.groups[trait]
        if not known or not said[trait]:
            continue
        spelling = {name_key(name): name for name in known}
        voices: Counter[str] = Counter()
        for name, count in said[trait].items():
            voices[spelling.get(name_key(name), name)] += count
        told.append(Representation(trait, label, voices.total(), compare(voices, known, sampled=fleet.sampled)))
    return fleet, told


def as_json(fleet: Fleet, told: Sequence[Representation]) -> dict[str, Any]:
    """The same as the JSON of a theme says it."""
    return {
        "fleet": "upload" if fleet.upload else "garages",
        "cars": fleet.cars,
        "traits": {
            one.trait: [
                {
                    "group": group.name,
                    "speakers": group.speakers,
                    "share": round(group.share, 4),
                    "fleet_share": round(group.fleet_share, 4),
                    "index": None if group.index is None else round(group.index, 2),
                    "low": None if group.index is None else round(group.low, 2),
                    "high": None if group.index is None or group.high == float("inf") else round(group.high, 2),
                    "verdict": group.verdict.value,
                }
                for group in one.groups
            ]
            for one in told
        },
    }
