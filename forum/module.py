"""The forum's contribution: what owners say, and what they are told about it."""

from cocreate.core.actor import EVERYONE, MEMBERS, Role
from cocreate.core.module import Module

POLICIES = {
    "forum.read": EVERYONE,
    "forum.write": MEMBERS,
    "forum.moderate": frozenset({Role.MODERATOR, Role.ADMIN}),
    "forum.respond": frozenset({Role.AGENT, Role.PM, Role.ADMIN}),
    "forum.set_status": frozenset({Role.AGENT, Role.PM, Role.ADMIN}),
}

module = Module(
    name="forum",
    models=[
        "forum.boards.models",
        "forum.posts.models",
        "forum.votes.models",
        "forum.follows.models",
        "forum.comments.models",
        "forum.desk.models",
    ],
    policies=POLICIES,
)
