"""What a run was asked to do: job.json and lexicon.json."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cocreate.text.lexicon import Lexicon
from feedback_cluster.pipeline.parallel import Workers
from feedback_cluster.pipeline.parameters import Parameters

USUAL_PROCESSES = 2


@dataclass(frozen=True)
class Job:
    """A run's orders. seeds: {theme: words} that found it; never: pairs of posts that must not share a theme.
    labels: {theme: label} of the last run.

    scheduler: address of a Dask scheduler, "" for this machine alone. embedding: see `embedding.py`; None: none.
    cache: file that keeps cut posts from night to night; None: none.
    """

    parameters: Parameters = field(default_factory=Parameters)
    cold: bool = False
    locked: tuple[int, ...] = ()
    seeds: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    never: tuple[tuple[int, int], ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    scheduler: str = ""
    embedding: Mapping[str, str] | None = None
    cache: Path | None = None

    @property
    def workers(self) -> Workers:
        """Who does the work that can be parted."""
        return Workers(USUAL_PROCESSES, self.scheduler)


ENTRIES = frozenset(Job.__dataclass_fields__)


def read_job(path: Path) -> Job:
    """The job in `path`, or the default job when there is no such file. ValueError for what nobody understands."""
    if not path.exists():
        return Job()
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if unknown := set(told) - ENTRIES:
        raise ValueError(f"job.json: unknown entries {', '.join(sorted(unknown))}")
    return Job(
        parameters=Parameters.read(told.get("parameters", {})),
        cold=bool(told.get("cold", False)),
        locked=tuple(told.get("locked", ())),
        seeds={int(theme): tuple(words) for theme, words in told.get("seeds", {}).items()},
        never=tuple((int(one), int(other)) for one, other in told.get("never", ())),
        labels={int(theme): str(label) for theme, label in told.get("labels", {}).items()},
        scheduler=str(told.get("scheduler") or ""),
        embedding=told.get("embedding") or None,
        cache=Path(told["cache"]) if told.get("cache") else None,
    )


def read_lexicon(path: Path) -> Lexicon | None:
    """The lexicon in `path`; None, which stands for the shipped one, when there is no such file."""
    if not path.exists():
        return None
    try:
        return Lexicon.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise ValueError(f"lexicon.json: {wrong!r}") from wrong
