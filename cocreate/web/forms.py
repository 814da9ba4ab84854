"""Form binding: a posted form becomes a checked model, or is shown again with what was typed and what is wrong."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_origin

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from cocreate.core.text_marks import N_

Model = TypeVar("Model", bound=BaseModel)

_MESSAGES = {
    "missing": N_("Please fill this in."),
    "string_too_short": N_("Please fill this in."),
    "string_too_long": N_("This is too long."),
    "enum": N_("Please choose one of the options."),
    "literal_error": N_("Please choose one of the options."),
    "int_parsing": N_("Please enter a whole number."),
    "greater_than_equal": N_("This number is too small."),
    "less_than_equal": N_("This number is too large."),
    "date_from_datetime_parsing": N_("Please enter a date such as 2026-06-05."),
    "date_from_datetime_inexact": N_("Please enter a date such as 2026-06-05."),
    "date_parsing": N_("Please enter a date such as 2026-06-05."),
    "string_pattern_mismatch": N_("This does not have the expected form."),
}


@dataclass
class BoundForm(Generic[Model]):
    """What was posted. `value` is the checked model, or None with `errors` (field → msgid)."""

    value: Model | None = None
    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def blank(cls, **values: Any) -> "BoundForm[Model]":
        """A form not yet filled in, perhaps with suggestions."""
        return cls(values=values)

    def refuse(self, name: str, message: str) -> "BoundForm[Model]":
        """The same form with one more objection, for rules that only the database knows."""
        return BoundForm(None, self.values, {**self.errors, name: message})


def check(model: type[Model], values: Mapping[str, Any]) -> BoundForm[Model]:
    """Bind plain values to a model, with messages that can be translated."""
    kept = {key: value for key, value in values.items() if value != ""}
    try:
        return BoundForm(model.model_validate(kept), dict(values))
    except ValidationError as problem:
        errors: dict[str, str] = {}
        for error in problem.errors():
            name = str(error["loc"][0]) if error["loc"] else ""
            own = error.get("ctx", {}).get("error") if error["type"] == "value_error" else None
            text = str(own) if own is not None else _MESSAGES.get(error["type"], N_("This does not fit."))
            errors.setdefault(name, text)
        return BoundForm(None, dict(values), errors)


def bind(model: type[Model]) -> Callable[[Request], Coroutine[Any, Any, BoundForm[Model]]]:
    """Dependency that reads a posted form into `model`; name the alias once at module level."""

    async def read(request: Request) -> BoundForm[Model]:
        data = await request.form(max_files=4, max_fields=2000)
        return check(model, _values(model, data))

    return read


def _values(model: type[BaseModel], data: FormData) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key not in data:
            continue
        if get_origin(info.annotation) in (list, tuple, set):
            values[key] = [item for item in data.getlist(key) if item != ""]
        else:
            item = data[key]
            values[key] = (
                item if isinstance(item, UploadFile) else item.strip().replace("\r\n", "\n").replace("\x00", "")
            )
    return values
