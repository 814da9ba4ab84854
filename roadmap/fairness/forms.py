"""What staff enter about an announcement: words, and up to four groups that gain something."""

from datetime import date
from typing import Annotated, Any, cast

from fastapi import Depends
from pydantic import BaseModel, Field, create_model, model_validator

from cocreate.core.text_marks import N_
from cocreate.web.forms import BoundForm, bind
from roadmap.fairness.models import AnnouncementKind
from roadmap.fairness.rules import Group, Rule
from roadmap.fairness.service import Draft
from roadmap.forms import split_names

GROUPS = 4
Year = Annotated[int | None, Field(ge=1950, le=2200)]
Text = Annotated[str, Field(max_length=400)]
EMPTY = N_("Say for at least one group what it gains and which cars these are.")
UPSIDE_DOWN = N_("This ends before it begins.")
PARTS: dict[str, Any] = {
    "gain": (Annotated[str, Field(max_length=200)], ""),
    "value": (Annotated[int, Field(ge=0, le=100_000_000)], 0),
    "models": (Text, ""),
    "year_from": (Year, None),
    "year_to": (Year, None),
    "ordered_from": (date | None, None),
    "ordered_to": (date | None, None),
    "hardware": (Text, ""),
    "regions": (Text, ""),
    "verified": (bool, False),
}
"""The fields of one group; on the page each carries the group's number."""


class WordsForm(BaseModel):
    """The words of an announcement. seen: the number of edits that the writer had before their eyes."""

    kind: AnnouncementKind
    title: str = Field(min_length=1, max_length=120)
    text: str = Field(min_length=1, max_length=8000)
    answer: str = Field("", max_length=4000)
    tell_others: bool = False
    seen: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _for_somebody(self) -> "WordsForm":
        if not self.groups:
            raise ValueError(EMPTY)
        return self

    @property
    def groups(self) -> tuple[Group, ...]:
        """The groups that were filled in."""
        values = self.model_dump()
        found = []
        for place in range(GROUPS):
            part = {name: values[f"{name}_{place}"] for name in PARTS}
            if part["gain"]:
                found.append(Group(as_rule(part), part["gain"], part["value"]))
        return tuple(found)

    @property
    def draft(self) -> Draft:
        return Draft(self.kind, self.title, self.text, self.groups, self.answer.strip(), self.tell_others)


def as_rule(part: dict[str, Any]) -> Rule:
    """A rule from the fields of a group; ValueError (a msgid) for a span that ends before it begins."""
    for first, last in (("year_from", "year_to"), ("ordered_from", "ordered_to")):
        if part[first] is not None and part[last] is not None and part[first] > part[last]:
            raise ValueError(UPSIDE_DOWN)
    lists: dict[str, Any] = {name: split_names(part[name]) for name in ("models", "hardware", "regions")}
    spans = {name: part[name] for name in ("year_from", "year_to", "ordered_from", "ordered_to", "verified")}
    return Rule(**lists, **spans)


def shown(draft: Draft) -> dict[str, Any]:
    """The values of a form that shows this draft."""
    values: dict[str, Any] = {
        **draft.columns,
        "kind": draft.kind.value,
        "tell_others": "1" if draft.tell_others else "0",
    }
    for place, group in enumerate(draft.groups):
        rule = group.rule
        values |= {f"gain_{place}": group.gain, f"value_{place}": group.value or ""}
        values |= {f"{name}_{place}": "、".join(getattr(rule, name)) for name in ("models", "hardware", "regions")}
        values |= {f"{name}_{place}": getattr(rule, name) or "" for name in ("year_from", "year_to")}
        days = {name: getattr(rule, name) for name in ("ordered_from", "ordered_to")}
        values |= {f"{name}_{place}": day.isoformat() if day else "" for name, day in days.items()}
        values[f"verified_{place}"] = "1" if rule.verified else "0"
    return values


_FIELDS: dict[str, Any] = {f"{name}_{place}": kind for place in range(GROUPS) for name, kind in PARTS.items()}
AnnouncementForm = cast("type[WordsForm]", create_model("AnnouncementForm", __base__=WordsForm, **_FIELDS))
BoundAnnouncement = Annotated[BoundForm[WordsForm], Depends(bind(AnnouncementForm))]
