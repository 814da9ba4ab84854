"""What a route may be reached by, and the two sessions it may ask for.

Every route names its policy with `allow(...)`; a test walks all routes and fails on one without.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

from fastapi import Depends, Path, Request
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from cocreate.core.actor import GUEST, Actor
from cocreate.core.errors import NotAllowed, NotSignedIn
from cocreate.core.runtime import Runtime
from cocreate.core.tables import MAX_ID


async def get_runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


def get_session(request: Request) -> Iterator[Session]:
    with request.app.state.runtime.database.write() as session:
        yield session


async def get_read_session(request: Request) -> AsyncIterator[Session]:
    # Opening and closing a reading session touches no disk, so it needs no thread of its own.
    with request.app.state.runtime.database.read() as session:
        yield session


async def get_actor(request: Request) -> Actor:
    """Who sends this request; resolved once, with a session of its own, so that no row of a member leaks."""
    if hasattr(request.state, "actor") or not ("cookie" in request.headers or "authorization" in request.headers):
        return actor_of(request)
    return await run_in_threadpool(actor_of, request)


def actor_of(request: Request) -> Actor:
    """The same for code outside of a route, such as the page that draws a refusal."""
    known: Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    request.state.actor = GUEST  # whoever is refused below is drawn a page as a guest
    runtime: Runtime = request.app.state.runtime
    authenticate = next((module.authenticate for module in runtime.modules if module.authenticate is not None), None)
    if authenticate is not None:
        # JSON routes read no cookie, so that a foreign page cannot borrow a browser's session there. Pages read no
        # token, because they name no scope that would narrow it; a proxy's own Authorization means nothing to them.
        api = request.url.path.startswith("/api/")
        cookies = {} if api else request.cookies
        request.state.actor = authenticate(runtime, cookies, request.headers if api else {})
    actor: Actor = request.state.actor
    return actor


Db = Annotated[Session, Depends(get_session, scope="function")]
ReadDb = Annotated[Session, Depends(get_read_session, scope="function")]
CurrentRuntime = Annotated[Runtime, Depends(get_runtime)]
CurrentActor = Annotated[Actor, Depends(get_actor)]
RowId = Annotated[int, Path(ge=1, le=MAX_ID)]
"""An id in a path; anything that no row can have is answered with 404."""


def allow(policy: str, scope: str | None = None) -> Any:
    """Route dependency: the actor must pass `policy` and, when it is a token, hold `scope` as well."""

    async def check(actor: CurrentActor) -> None:
        if not actor.can(policy):
            raise NotAllowed(policy) if actor.signed_in else NotSignedIn(policy)
        if actor.scopes is not None and scope is not None and scope not in actor.scopes:
            raise NotAllowed(f"the token lacks the scope {scope}")

    check.policy = policy  # type: ignore[attr-defined]
    check.scope = scope  # type: ignore[attr-defined]
    return Depends(check)


def declared_policies(route: Any) -> list[str]:
    """Names of the policies that a route asks for, found through its dependencies."""
    found: list[str] = []
    pending: list[Any] = [getattr(route, "dependant", None)]
    while pending:
        dependant = pending.pop()
        if dependant is None:
            continue
        call: Callable[..., Any] | None = dependant.call
        if call is not None and hasattr(call, "policy"):
            found.append(call.policy)
        pending.extend(dependant.dependencies)
    return found
