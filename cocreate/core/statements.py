"""Statements that are put together once and asked often."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, Concatenate, ParamSpec

import sqlalchemy as sa
from sqlmodel import Session

P = ParamSpec("P")


def prepared(build: Callable[P, Any]) -> Callable[Concatenate[Session, P], Any]:
    """Make a function that puts a statement together into one that asks it: the session first, then the same arguments;
    what `Session.exec` returns.

    Keyword-only arguments are the values; while the statement is put together they are bind parameters, so that `build`
    must not look into them. Positional arguments decide about its shape; it is put together once for each.

    For what every page asks: putting a statement together takes longer than running it (three to six times, for a
    join of three tables that finds one row).
    """
    names = [one.name for one in signature(build).parameters.values() if one.kind is Parameter.KEYWORD_ONLY]
    put_together: Callable[..., Any] = build
    known: dict[tuple[Any, ...], Any] = {}

    @wraps(build)
    def ask(session: Session, /, *shape: Any, **values: Any) -> Any:
        statement = known.get(shape)
        if statement is None:
            statement = known[shape] = put_together(*shape, **{name: sa.bindparam(name) for name in names})
        return session.exec(statement, params=values)

    return ask
