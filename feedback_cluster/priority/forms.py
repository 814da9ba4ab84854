"""Weights as a product manager types them; the names of the fields depend on the terms and on the models."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cocreate.core.text_marks import N_
from feedback_cluster.sentiment.need import clean_words
from feedback_cluster.themes.score import DEFAULT_POINTS, Weights

BETWEEN = re.compile(r"[\r\n,，、;；]+")
MOST_POINTS, MOST_WEIGHT = 100.0, 5.0
OUTSIDE_POINTS = N_("Please enter a number from 0 to 100.")
OUTSIDE_WEIGHT = N_("Please enter a number from 0 to 5.")
MOST_WORDS, LONGEST_WORD, MOST_MODELS = 200, 20, 60


@dataclass
class WeightsForm:
    """What was typed. `value` is the checked weights, or None with `errors` (field → msgid)."""

    value: Weights | None = None
    values: dict[str, str] = field(default_factory=dict)
    models: list[tuple[str, str]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)


def shown(weights: Weights) -> WeightsForm:
    """The form as it stands before anybody types."""
    values = {f"points-{term}": _plain(weights.points.get(term, 0.0)) for term in DEFAULT_POINTS}
    values |= {"verified": _plain(weights.verified), "safety": "\n".join(weights.safety)}
    return WeightsForm(weights, values, [(model, _plain(weight)) for model, weight in sorted(weights.models.items())])


def read(values: Mapping[str, str], models: Sequence[tuple[str, str]]) -> WeightsForm:
    """Check what was typed; a model without a weight is one that weighs as everybody does."""
    form = WeightsForm(values=dict(values), models=list(models))
    points = {
        term: _number(form, f"points-{term}", values.get(f"points-{term}", ""), MOST_POINTS) for term in DEFAULT_POINTS
    }
    if not form.errors and not any(points.values()):
        form.errors[f"points-{next(iter(DEFAULT_POINTS))}"] = N_("At least one term has to weigh something.")
    verified = _number(form, "verified", values.get("verified", ""), MOST_WEIGHT)
    weighed: dict[str, float] = {}
    for place, (name, weight) in enumerate(models[:MOST_MODELS]):
        model = " ".join(name.split())
        if model and weight.strip():
            weighed[model] = _number(form, f"weight-{place}", weight, MOST_WEIGHT)
    words = clean_words(BETWEEN.split(values.get("safety", "")))
    if len(words) > MOST_WORDS or any(len(word) > LONGEST_WORD for word in words):
        form.errors["safety"] = N_("At most 200 words, each of at most 20 characters.")
    if not form.errors:
        form.value = Weights(points, {m: w for m, w in weighed.items() if w != 1.0}, verified, tuple(words))
    return form


def _number(form: WeightsForm, name: str, text: str, most: float) -> float:
    try:
        number = float(text.strip().replace("，", ".").replace(",", "."))
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:  # NaN is neither
        form.errors[name] = OUTSIDE_POINTS if most == MOST_POINTS else OUTSIDE_WEIGHT
        return 0.0
    return round(number, 2)


def _plain(number: float) -> str:
    return f"{number:g}"
