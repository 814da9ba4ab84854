"""Words for roles and for what audit entries say."""

from cocreate.core.actor import Role
from cocreate.core.text_marks import N_

ROLE_LABELS = {
    Role.MEMBER: N_("Owner"),
    Role.MODERATOR: N_("Moderator"),
    Role.AGENT: N_("Service agent"),
    Role.PM: N_("Product manager"),
    Role.HOST: N_("Host"),
    Role.ADMIN: N_("Administrator"),
}
ACTION_LABELS = {
    "member.roles": N_("roles changed"),
    "member.title": N_("title changed"),
    "member.change": N_("name or language changed"),
    "member.password": N_("password changed"),
    "member.suspend": N_("suspended"),
    "member.resume": N_("let in again"),
    "member.blank": N_("account left"),
    "session.revoke": N_("signed out"),
    "token.add": N_("API token made"),
    "link.make": N_("sign-in link made"),
}
