"""A search as its address says it: all that narrows or orders it stands in the URL, so it can be kept and sent on."""

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from fastapi import Query

from cocreate.core import clock
from search.port import Scope, SearchFilters, SearchQuery, Sort

LONGEST_TEXT = 500
SPANS = {"7d": 7, "30d": 30, "365d": 365}
"""Relative beginnings of a date range; they stay true in a saved search."""
_SORTS: dict[str, Sort] = {"best": "best", "new": "new", "votes": "votes"}
_WORD = re.compile(r"[a-z][a-z_]{0,23}")
MOST_BOARDS = 2**31


@dataclass(frozen=True)
class Asked:
    """What a reader asks for. Values that nothing can have are read as not given."""

    text: str = ""
    kind: str = ""
    variety: str = ""
    status: str = ""
    board: int | None = None
    model: str = ""
    since: str = ""
    until: str = ""
    answered: str = ""
    sort: Sort = "best"
    exact: bool = False

    def query(self, **changes: Any) -> dict[str, str]:
        """Parameters of this search's address, with changes; what is at its default is left out."""
        values = {**asdict(self), **changes}
        values["q"] = values.pop("text")
        values["exact"] = "1" if values["exact"] else ""
        if values["sort"] == "best":
            values["sort"] = ""
        return {key: str(values[key]) for key in sorted(values) if values[key] not in ("", None)}

    def address(self) -> str:
        """The same as one string, always in the same order: how a saved search is kept."""
        return urlencode(self.query())

    @property
    def narrowings(self) -> dict[str, str]:
        """The filters that are set, by the name of their parameter."""
        names = ("variety", "status", "board", "model", "since", "until", "answered")
        return {name: str(value) for name in names if (value := getattr(self, name)) not in ("", None)}

    @property
    def bare(self) -> bool:
        """Whether this is a search as it is typed and sent, before anything narrows it."""
        return bool(self.text) and self.query() == {"q": self.text}

    def filters(self, zone: ZoneInfo) -> SearchFilters:
        """The filters as engines take them; days begin at midnight in `zone`, and the last day counts."""
        last = _day(self.until)
        return SearchFilters(
            variety=self.variety,
            status=self.status,
            board_id=self.board,
            model=self.model,
            since=self._since(zone),
            until=_midnight(last + timedelta(days=1), zone) if last is not None and last < date.max else None,
            answered={"yes": True, "no": False}.get(self.answered),
        )

    def _since(self, zone: ZoneInfo) -> datetime | None:
        if self.since in SPANS:
            return clock.now() - timedelta(days=SPANS[self.since])
        first = _day(self.since)
        return _midnight(first, zone) if first is not None else None

    def search(self, scope: Scope, zone: ZoneInfo, *, kinds: list[str], limit: int) -> SearchQuery:
        """What the engines are asked; an unknown kind finds nothing."""
        wanted = [name for name in kinds if self.kind in ("", name)]
        return SearchQuery(
            self.text, scope, kinds=wanted, filters=self.filters(zone), sort=self.sort, limit=limit, exact=self.exact
        )


def asked(
    q: Annotated[str, Query(max_length=LONGEST_TEXT)] = "",
    kind: Annotated[str, Query(max_length=24)] = "",
    variety: Annotated[str, Query(max_length=24)] = "",
    status: Annotated[str, Query(max_length=24)] = "",
    board: Annotated[str, Query(max_length=24)] = "",
    model: Annotated[str, Query(max_length=60)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    answered: Annotated[str, Query(max_length=8)] = "",
    sort: Annotated[str, Query(max_length=8)] = "",
    exact: Annotated[str, Query(max_length=8)] = "",
) -> Asked:
    """Route dependency: the search of this address."""
    return Asked(
        text=q.replace("\x00", "").strip(),
        kind=_word(kind),
        variety=_word(variety),
        status=_word(status),
        board=int(board) if board.isascii() and board.isdigit() and int(board) < MOST_BOARDS else None,
        model=model.replace("\x00", "").strip(),
        since=since if since in SPANS or _day(since) else "",
        until=until if _day(until) else "",
        answered=answered if answered in ("yes", "no") else "",
        sort=_SORTS.get(sort, "best"),
        exact=exact == "1",
    )


def from_address(address: str) -> Asked:
    """The search that was kept as `Asked.address()`."""
    known = dict(parse_qsl(address))
    names = ("q", "kind", "variety", "status", "board", "model", "since", "until", "answered", "sort", "exact")
    return asked(**{name: known.get(name, "") for name in names})


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
