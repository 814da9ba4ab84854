"""Identity's contribution: who somebody is and what they may do."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Module, NavItem
from cocreate.core.text_marks import N_
from cocreate.identity import commands, demo
from cocreate.identity.departments import demo as department_demo
from cocreate.identity.departments import service as departments
from cocreate.identity.events import MemberLeft
from cocreate.identity.sessions.service import authenticate

POLICIES = {
    "identity.sign_in": EVERYONE,
    "identity.own_account": MEMBERS,
    "identity.see_members": frozenset({Role.ADMIN, Role.AGENT, Role.PM}),
    "identity.manage_members": frozenset({Role.ADMIN}),
    "identity.manage_departments": frozenset({Role.ADMIN}),
    "identity.verify_vehicle": frozenset({Role.ADMIN, Role.AGENT, Role.PM}),
}

module = Module(
    name="identity",
    routers=[
        "cocreate.identity.sessions.routes",
        "cocreate.identity.members.routes",
        "cocreate.identity.vehicles.routes",
        "cocreate.identity.vehicles.api_v1",
        "cocreate.identity.members.admin_routes",
        "cocreate.identity.departments.routes",
    ],
    models=[
        "cocreate.identity.members.models",
        "cocreate.identity.sessions.models",
        "cocreate.identity.vehicles.models",
        "cocreate.identity.departments.models",
    ],
    commands=[commands.register],
    listeners={MemberLeft: [departments.forget_member]},
    policies=POLICIES,
    nav=[NavItem(N_("Members"), "show_members", "users", room="staff", policy="identity.see_members", position=90)],
    seeds=[demo.seed, department_demo.seed],
    authenticate=authenticate,
)
