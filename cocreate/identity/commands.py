"""Commands about people: `cocreate member add`, `cocreate token add`."""

from typing import Annotated

import typer
from fastapi.routing import iter_route_contexts

from cocreate.core import audit, schema
from cocreate.core.actor import Actor, Role
from cocreate.core.console import answer, fail
from cocreate.core.runtime import Runtime, load_routers
from cocreate.identity.members.queries import find_by_email
from cocreate.identity.members.service import add_member, give_roles
from cocreate.identity.sessions.service import add_token, make_link

SYSTEM = Actor(name="command line")
JSON = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]


def register(cli: typer.Typer) -> None:
    """Add identity's commands to the program."""
    member = typer.Typer(no_args_is_help=True, help="Accounts.")
    token = typer.Typer(no_args_is_help=True, help="API tokens.")
    member.command("add")(_add_member)
    token.command("add")(_add_token)
    cli.add_typer(member, name="member")
    cli.add_typer(token, name="token")


def _add_member(
    context: typer.Context,
    email: str,
    role: Annotated[list[Role] | None, typer.Option(help="A role the member holds; may be repeated.")] = None,
    name: Annotated[str, typer.Option(help="What others see; the part before @ when left out.")] = "",
    as_json: JSON = False,
) -> None:
    """Make an account, or give an existing one these roles; prints a link that signs in once, within three days."""
    if "@" not in email.strip("@"):
        fail(f"{email} is no e-mail address")
    runtime = context.obj.runtime
    schema.upgrade(runtime)
    with runtime.database.write() as session:
        member = find_by_email(session, email)
        wanted = frozenset(role or ())
        if member is None:
            shown = (name or email.partition("@")[0])[:40]
            member = add_member(session, name=shown, email=email, roles=wanted)
        elif wanted:
            give_roles(session, member, wanted, by=SYSTEM)
        link = f"{runtime.settings.public_url}/in/{make_link(session, member.id or 0)}"
        audit.record(session, SYSTEM, "link.make", "member", member.id)
        result = {"id": member.id, "email": member.email, "roles": sorted(wanted), "link": link}
    answer(result, as_json=as_json, text=link)


def _add_token(
    context: typer.Context,
    email: str,
    scope: Annotated[list[str], typer.Option(help="What the token may do, such as posts:write; may be repeated.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    as_json: JSON = False,
) -> None:
    """Make an API token that acts as this member; it is shown once."""
    runtime = context.obj.runtime
    known = _scopes(runtime)
    if unknown := sorted(set(scope) - known):
        fail(f"unknown scope {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    schema.upgrade(runtime)
    with runtime.database.write() as session:
        member = find_by_email(session, email)
        if member is None:
            fail(f"there is no account with the address {email}; make one with `cocreate member add`")
        secret = add_token(session, member.id or 0, sorted(set(scope)), label=label[:80])
        result = {"email": member.email, "scopes": sorted(set(scope)), "token": secret}
    answer(result, as_json=as_json, text=secret)


def _scopes(runtime: Runtime) -> set[str]:
    """Every scope that some route asks for."""
    found: set[str] = set()
    pending = [
        getattr(route, "dependant", None)
        for router in load_routers(runtime.modules)
        for route in iter_route_contexts(router.routes)
    ]
    while pending:
        dependant = pending.pop()
        if dependant is not None:
            found |= {scope} if (scope := getattr(dependant.call, "scope", None)) else set()
            pending.extend(dependant.dependencies)
    return found
