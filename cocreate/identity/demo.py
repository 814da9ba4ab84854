"""The demo community's people: members with cars and roles, no passwords, one-tap links for those worth trying."""

import ipaddress
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.actor import Role
from cocreate.core.config import Settings
from cocreate.core.db import insert_many_once
from cocreate.core.runtime import Runtime
from cocreate.identity.labels import ROLE_LABELS
from cocreate.identity.members.models import Member, MemberRole
from cocreate.identity.sessions.service import make_link
from cocreate.identity.vehicles.models import Vehicle

CONTENT = Path(__file__).parent / "demo"
MARKER = "demo.json"
"""Stands in the home of a demo: when it was seeded, and its one-tap links."""
TRIED = (Role.MEMBER, Role.PM, Role.HOST, Role.AGENT, Role.MODERATOR, Role.ADMIN)


@dataclass(frozen=True)
class Persona:
    """Somebody of the demo whom a visitor may become with one tap."""

    name: str
    title: str
    role: Role
    token: str

    @property
    def label(self) -> str:
        """The role as a msgid."""
        return ROLE_LABELS[self.role]


def content(name: str) -> Any:
    """One of the demo's JSON files."""
    return json.loads((CONTENT / name).read_text(encoding="utf-8"))


def seed(runtime: Runtime) -> None:
    """Write people, cars and roles; `runtime.memory["demo.people"]` maps their keys to ids."""
    people: list[dict[str, Any]] = content("people.json")
    models = {model["key"]: model["name"] for model in content("brand.json")["models"]}
    now = clock.now()
    with runtime.database.write() as session:
        members = [
            Member(
                email=person["email"], name=person["name"], title=person.get("title", ""),
                created_at=now - timedelta(days=person["joined_days_ago"]),
            )
            for person in people
        ]  # fmt: skip
        session.add_all(members)
        session.flush()
        ids = {person["key"]: member.id or 0 for person, member in zip(people, members, strict=True)}
        roles = [
            MemberRole(member_id=ids[person["key"]], role=Role(role))
            for person in people
            for role in person["roles"]
            if role != Role.MEMBER
        ]
        insert_many_once(session, roles)
        session.add_all(_car(person, ids[person["key"]], models) for person in people if person.get("car"))
        runtime.memory["demo.people"] = ids
        runtime.memory["demo.links"] = _links(session, people, ids)


def _car(person: dict[str, Any], member_id: int, models: dict[str, str]) -> Vehicle:
    car = person["car"]
    since = clock.now() - timedelta(days=person["joined_days_ago"])
    return Vehicle(
        member_id=member_id, model=models.get(car["model"], car["model"]), model_year=car["year"],
        hardware=car.get("hardware", ""), software=car.get("software", ""), region=car.get("region", ""),
        created_at=since,
        verified_at=since + timedelta(days=1) if car.get("verified") else None,
    )  # fmt: skip


def _links(session: Session, people: list[dict[str, Any]], ids: dict[str, int]) -> list[dict[str, str]]:
    links = []
    for role in TRIED:
        person = next((person for person in people if role in _tried_as(person)), None)
        if person is not None:
            token = make_link(session, ids[person["key"]], reusable=True, days=365)
            links.append({"name": person["name"], "title": person.get("title", ""), "role": role, "token": token})
    return links


def _tried_as(person: dict[str, Any]) -> list[Role]:
    """An owner is somebody with a verified car and no role beside."""
    roles = [Role(role) for role in person["roles"]]
    if roles == [Role.MEMBER]:
        return roles if (person.get("car") or {}).get("verified") else []
    return [role for role in roles if role != Role.MEMBER]


def personas(settings: Settings) -> list[Persona]:
    """Who may be tried in this demo; nobody where it is none."""
    marker = settings.home / MARKER
    if not settings.demo or not marker.is_file():
        return []
    links: list[dict[str, str]] = json.loads(marker.read_text(encoding="utf-8"))["links"]
    return [Persona(link["name"], link["title"], Role(link["role"]), link["token"]) for link in links]


def is_local(client: str, host: str) -> bool:
    """Whether a request comes from this machine and was addressed to it, so that no foreign page is its author."""
    return _loopback(client) and (host == "localhost" or _loopback(host))


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
