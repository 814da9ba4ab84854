"""The one table that says who may do what; modules add their rows, routes and services ask it by name."""

from collections.abc import Iterable, Mapping

from cocreate.core.actor import EVERYONE, Role


class Policies:
    """Policy name → roles that pass; EVERYONE lets guests in."""

    def __init__(self, tables: Iterable[Mapping[str, frozenset[Role]]]) -> None:
        self.rows: dict[str, frozenset[Role]] = {}
        for table in tables:
            for name, roles in table.items():
                if name in self.rows:
                    raise ValueError(f"policy {name} is declared twice")
                self.rows[name] = roles

    def permissions(self, roles: frozenset[Role]) -> frozenset[str]:
        """Names of all policies that somebody with these roles passes."""
        return frozenset(name for name, allowed in self.rows.items() if allowed == EVERYONE or allowed & roles)
