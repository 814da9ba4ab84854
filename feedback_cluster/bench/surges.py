"""The row "surge": planted surges in a calendar of real texts are found soon, calm weeks stay calm, imports are known.

The texts stand in themes that our own model finds; every post of the calendar is a text of its theme, and counts for
the theme that the model puts it into when it comes as a new post.
"""

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from feedback_cluster.bench.corpora import read
from feedback_cluster.bench.rows import Row
from feedback_cluster.pipeline.model import ThemeModel
from feedback_cluster.pipeline.parameters import Parameters
from feedback_cluster.radar.arrivals import Cause, Voices, bursts, replay
from feedback_cluster.radar.surge import IntArray, find_surges

THEMES, DAYS, SURGES, TIMES, SURGE_DAYS = 20, 730, 3, 3.0, 14
WEEK = np.array([1.10, 1.10, 1.05, 1.00, 1.00, 0.90, 0.85])
LEAST, MOST, LOUD = 5.0, 40.0, 15.0
"""Posts a week: of the quietest and the loudest theme, and of the quietest in which a surge is planted."""
WARM_UP = 112
FOUND_WITHIN_DAYS, FALSE_A_YEAR = 4, 1.0
FILED_DAYS = 30
"""How long after its last complaint the file is taken to be imported."""


def run(data: Path, seeds: int = 5) -> dict[str, Any]:
    """Two rows: planted surges found in time beside false alerts, and what the bursts of the complaints are."""
    moves = _moves(data)
    each = [_one_calendar(moves, seed) for seed in range(seeds)]
    imports = complaints(data)
    return {"rows": [_surge_row(each), _import_row(imports)], "calendars": each, "complaints": imports}


def _surge_row(each: list[dict[str, Any]]) -> Row:
    late = [days for told in each for days in told["late"]]
    found = [days for days in late if days is not None]
    return Row(
        "surge: three planted of 3 × in 20 themes over two years",
        {
            "in time": sum(1 for days in found if days <= FOUND_WITHIN_DAYS) / len(late),
            "false by theme and year": sum(told["false"] for told in each) / (len(each) * THEMES * DAYS / 365),
            "slowest": float(max(found, default=DAYS)),
            "most false in one theme and year": float(max(told["most"] for told in each)),
        },
        {"in time": (">=", 1.0), "false by theme and year": ("<=", FALSE_A_YEAR)},
        note=f"days until found: {', '.join(map(str, late))}; calendars of seeds 0..{len(each) - 1}",
    )


def _import_row(told: dict[str, Any]) -> Row:
    once, fed = told["as_one_import"], told["as_a_daily_feed"]
    figures = {
        "bursts": float(once["bursts"]),
        "recognised": once["recognised"] / max(1, once["bursts"]),
        "alerts": float(once["alerts"]),
        "recognised by silence alone": fed["recognised"] / max(1, fed["bursts"]),
        "alerts if its dates were arrivals": float(fed["alerts"]),
    }
    bars = {"bursts": (">=", 1.0), "recognised": (">=", 1.0), "alerts": ("<=", 0.0)}
    return Row("surge: bursts of the complaints are imports", figures, bars, note=str(once["largest"]))


def _moves(data: Path) -> IntArray:
    """(themes, texts): where the model puts each text of a theme when it comes as a new post; -1 is no theme."""
    texts = [row["text"] for name in ("car_opinions.csv", "car_complaints.csv") for row in read(data / name)]
    model = ThemeModel(Parameters(k=THEMES)).fit(texts)
    placed, _ = model.predict(texts)
    most = int(np.bincount(model.labels_[model.labels_ >= 0], minlength=THEMES).max())
    return np.stack([np.resize(placed[model.labels_ == theme], most) for theme in range(THEMES)])


def _one_calendar(moves: IntArray, seed: int) -> dict[str, Any]:
    chance = np.random.default_rng(seed)
    weekly = chance.uniform(LEAST, MOST, THEMES)
    usual = weekly[:, None] / 7 * (WEEK / WEEK.mean())[np.arange(DAYS) % 7]
    loud = np.flatnonzero(weekly >= LOUD)
    planted = {
        int(theme): int(chance.integers(WARM_UP, DAYS - SURGE_DAYS))
        for theme in chance.choice(loud, min(SURGES, loud.size), replace=False)
    }
    for theme, start in planted.items():
        usual[theme, start : start + SURGE_DAYS] *= TIMES
    said = chance.poisson(usual)
    counts = np.zeros((THEMES, DAYS), dtype=np.int64)
    for theme, day in zip(*np.nonzero(said), strict=True):
        for goes in chance.choice(moves[theme], said[theme, day]):
            if goes >= 0:
                counts[goes, day] += 1
    return _judge(find_surges(counts), planted)


def _judge(found: list[Any], planted: dict[int, int]) -> dict[str, Any]:
    late: list[int | None] = []
    true: set[int] = set()
    for theme, start in planted.items():
        hits = [surge for surge in found if surge.series == theme and start <= surge.day < start + SURGE_DAYS]
        late.append(min((surge.day - start for surge in hits), default=None))
        true |= {id(surge) for surge in hits}
    wrong = [surge for surge in found if id(surge) not in true]
    years = Counter((surge.series, surge.day // 365) for surge in wrong)
    return {"late": late, "false": len(wrong), "most": max(years.values(), default=0)}


def complaints(data: Path) -> dict[str, Any]:
    """The bursts of the complaints file: what they are when the file is imported at once, and when its dates are taken
    for arrivals."""
    rows = read(data / "car_complaints.csv")
    dates = np.array([_day(row["date"]) for row in rows])
    first = int(dates.min())
    systems = sorted({row["system_code"] or "-" for row in rows})
    named = np.array([systems.index(row["system_code"] or "-") for row in rows])
    nothing = np.zeros(len(rows), dtype=np.int64)
    days = dates - first
    filed = Voices(days, nothing + int(days.max()) + FILED_DAYS, nothing, nothing == 0, named)
    fed = Voices(days, days, nothing, nothing == 0, named)
    return {
        "as_one_import": _told(filed, len(systems), (Cause.BACKFILLED,), first),
        "as_a_daily_feed": _told(fed, len(systems), (Cause.NEW_SOURCE,), first),
    }


def _told(voices: Voices, series: int, wanted: tuple[Cause, ...], first: int) -> dict[str, Any]:
    seen = bursts(voices, series=series)
    large = [burst for burst in seen if burst.voices >= 100]
    return {
        "bursts": len(large),
        "recognised": sum(1 for burst in large if burst.cause in wanted),
        "largest": [
            [date.fromordinal(first + burst.first).isoformat(), burst.voices, burst.cause.value] for burst in large
        ],
        "smaller_rises": len(seen) - len(large),
        "alerts": len(replay(voices, series=series)),
    }


def _day(text: str) -> int:
    year, month, day = (int(part) for part in text.replace("/", "-").split("-"))
    return date(year, month, day).toordinal()
