"""What staff may enter as a rule: one line of the editor, or one object of the JSON."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cocreate.core.text_marks import N_
from cocreate.web.forms import BoundForm, check
from roadmap.applicability.rules import Rule, RuleKind
from roadmap.forms import split_names
from roadmap.releases.versions import carries, version_key

MOST_RULES = 60
EARLIEST, LATEST = 1950, 2100


def _names(value: Any) -> Any:
    """Names from a list, or from one field that separates them by commas of any script."""
    if isinstance(value, str):
        return list(split_names(value))
    if not isinstance(value, list):
        return value
    return list(dict.fromkeys(" ".join(name.split()) for name in value if isinstance(name, str) and name.strip()))


def _version(value: Any) -> Any:
    """A version without the "OTA" that people write before it."""
    return re.sub(r"(?i)^\s*ota\s*", "", value).strip() if isinstance(value, str) else value


Names = Annotated[list[Annotated[str, Field(max_length=60)]], BeforeValidator(_names), Field(max_length=40)]
Version = Annotated[str, BeforeValidator(_version), Field(max_length=40)]
EXAMPLE: dict[str, Any] = {
    "kind": "retrofit", "models": ["云麓"], "year_from": 2022, "year_to": 2023, "hardware": ["HW3*"],
    "software_from": "", "software_below": "", "regions": [], "version": "", "text": "1200 元，含工时",
}  # fmt: skip


class RuleForm(BaseModel):
    """Conditions, all of which must hold, and what is said where they do; an empty one asks for nothing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})

    kind: RuleKind
    models: Names = []
    year_from: Annotated[int | None, Field(ge=EARLIEST, le=LATEST)] = None
    year_to: Annotated[int | None, Field(ge=EARLIEST, le=LATEST)] = None
    hardware: Names = []
    software_from: Version = ""
    software_below: Version = ""
    regions: Names = []
    version: Version = ""
    text: str = Field("", max_length=200)

    @model_validator(mode="after")
    def _sensible(self) -> "RuleForm":
        if self.year_from and self.year_to and self.year_from > self.year_to:
            raise ValueError(N_("The first model year comes after the last one: no car fits."))
        for version in (self.software_from, self.software_below, self.version):
            if version and not version_key(version):
                raise ValueError(N_("A version needs a number, such as 2.4."))
        if self.software_from and self.software_below and carries(self.software_from, self.software_below):
            raise ValueError(N_("“At least” is not below “below”: no car fits."))
        if self.kind is RuleKind.RETROFIT and not self.text.strip():
            raise ValueError(N_("Please say what the retrofit costs."))
        if self.kind is RuleKind.NOT_POSSIBLE and not self.text.strip():
            raise ValueError(N_("Please say why it is not possible; owners read it."))
        return self

    @property
    def rule(self) -> Rule:
        return Rule(
            kind=self.kind, models=tuple(self.models), year_from=self.year_from, year_to=self.year_to,
            hardware=tuple(self.hardware), software_from=self.software_from, software_below=self.software_below,
            regions=tuple(self.regions), version=self.version if self.kind is RuleKind.OTA else "",
            text=self.text.strip() if self.kind is not RuleKind.OTA else "",
        )  # fmt: skip


FIELDS = tuple(RuleForm.model_fields)


def bound(values: dict[str, str]) -> BoundForm[RuleForm]:
    """One line of the editor, checked."""
    return check(RuleForm, values)


def values_of(rule: Rule) -> dict[str, str]:
    """A rule as the editor's fields show it."""
    return {
        "kind": rule.kind.value, "models": "、".join(rule.models), "year_from": str(rule.year_from or ""),
        "year_to": str(rule.year_to or ""), "hardware": "、".join(rule.hardware), "software_from": rule.software_from,
        "software_below": rule.software_below, "regions": "、".join(rule.regions), "version": rule.version,
        "text": rule.text,
    }  # fmt: skip


BLANK = dict.fromkeys(FIELDS, "")
"""A line in which nothing was entered: it says nothing of any car, and is left out when the lines are saved."""
