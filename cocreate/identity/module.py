"""Identity's contribution: who somebody is and what they may do."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Module
from cocreate.identity.sessions.service import authenticate

POLICIES = {
    "identity.sign_in": EVERYONE,
    "identity.own_account": MEMBERS,
    "identity.manage_members": frozenset({Role.ADMIN}),
    "identity.verify_vehicle": frozenset({Role.ADMIN, Role.AGENT, Role.PM}),
}

module = Module(
    name="identity",
    models=[
        "cocreate.identity.members.models",
        "cocreate.identity.sessions.models",
        "cocreate.identity.vehicles.models",
    ],
    policies=POLICIES,
    authenticate=authenticate,
)
