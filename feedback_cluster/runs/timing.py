"""How long a run may still take, from how far it is and how long each step usually takes."""

from collections.abc import Mapping

USUAL = {
    "export": 1.5, "start": 1.0, "read": 0.05, "segment": 2.5, "features": 1.5, "cluster": 4.0, "label": 1.4,
    "write": 0.2, "store": 2.0,
}  # fmt: skip
"""Seconds of 100,000 posts on two quiet cores: what a first run goes by."""
SOON_SECONDS, SURE = 2.0, 0.03  # before so much time, or of the work, has passed, any number would be a guess


def steps_like(last: Mapping[str, float] | None) -> dict[str, float]:
    """Weights of the steps: as in the last run where it told, else as usual; only their proportions matter."""
    told = {step: seconds for step, seconds in (last or {}).items() if step in USUAL}
    if not told:
        return dict(USUAL)
    pace = sum(told.values()) / sum(USUAL[step] for step in told)
    return {step: told.get(step, usual * pace) for step, usual in USUAL.items()}


def seconds_left(step: str, done: int, total: int, passed: float, last: Mapping[str, float] | None) -> float | None:
    """Seconds until the end at the pace of this run so far; None while that cannot be told.

    passed: seconds since the run began. last: seconds by step of the run before.
    """
    weights = steps_like(last)
    if step not in weights or passed < SOON_SECONDS:
        return None
    names = list(weights)
    over = sum(weights[name] for name in names[: names.index(step)])
    over += weights[step] * (min(done / total, 1.0) if total > 0 else 0.0)
    share = over / sum(weights.values())
    return passed * (1 - share) / share if share >= SURE else None
