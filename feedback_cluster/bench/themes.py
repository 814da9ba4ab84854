"""`cocreate bench themes`: every figure that themes promise, row by row beside its bar and beside the peers.

A family of rows is a function `run(data, …)` that returns {"rows": [Row, …]}; each is listed once in FAMILIES.
"""

import importlib
import importlib.util
import inspect
import json
import os
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from cocreate.core.console import say
from cocreate.core.runtime import Runtime
from feedback_cluster.bench.rows import Row

HOUSE = "feedback_cluster.bench"
FAMILIES = {
    "quality": "quality:run",
    "automatic": "quality:automatic",
    "words": "quality:words",
    "decisions": "guided:decisions",
    "seeds": "guided:seeds",
    "stability": "stability:run",
    "births": "stability:births",
    "speed": "speed:run",
    "large": "speed:large",
    "post": "speed:one_post",
    "surge": "surges:run",
    "dask": "machines:run",
}
BY_DEFAULT = tuple(FAMILIES)
PACKAGES = ("numpy", "scipy", "scikit-learn", "rjieba", "bertopic", "umap-learn", "hdbscan", "numba", "dask")
THREADS = 1  # of BLAS, for everyone; the product's sums come in one order


def themes(
    runtime: Runtime, data: Path, rows: str | None = None, seeds: int = 5, out: Path | None = None
) -> dict[str, Any]:
    """Measure the families named in `rows` (with commas; all by default) and print them; the file `out` keeps all.

    data: folder of the real feedback. seeds: how many. Returns the figures, the versions and whether all bars are met.
    """
    wanted = rows.split(",") if rows else list(BY_DEFAULT)
    if unknown := sorted(set(wanted) - set(FAMILIES)):
        raise ValueError(f"no rows named {', '.join(unknown)}; known: {', '.join(FAMILIES)}")
    os.environ["NUMBA_NUM_THREADS"] = str(THREADS)  # read by numba when BERTopic first imports it
    told: dict[str, Any] = {"versions": versions(), "threads": threads(), "seeds": seeds, "rows": {}, "seconds": {}}
    for name in wanted:
        begun = time.perf_counter()
        family = family_of(name)
        if family is None:
            say(f"{name}: not part of this checkout")
            continue
        say(f"{name} …")
        with threadpool_limits(limits=THREADS):
            told["rows"][name] = measured(family, data, seeds)
        told["seconds"][name] = round(time.perf_counter() - begun, 1)
        show(name, told["rows"][name])
        if out is not None:  # after every family: a long bench that is interrupted has said what it knew
            out.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    bars = [row["met"] for family_rows in told["rows"].values() for row in family_rows if row["met"] is not None]
    told["passed"] = all(bars)
    told["table"] = f"{sum(bars)} of {len(bars)} bars met; {told['threads']}"
    return told


def family_of(name: str) -> Any:
    """The function that measures these rows; None while no such file is there."""
    module, function = FAMILIES[name].split(":")
    if importlib.util.find_spec(f"{HOUSE}.{module}") is None:
        return None
    return getattr(importlib.import_module(f"{HOUSE}.{module}"), function)


def measured(family: Any, data: Path, seeds: int) -> list[dict[str, Any]]:
    """What the family says, row by row."""
    asks = inspect.signature(family).parameters
    told = family(data, **({"seeds": seeds} if "seeds" in asks else {}))
    rows = told.get("rows", [told])
    return [row.as_dict() if isinstance(row, Row) else row for row in rows]


def show(name: str, rows: list[dict[str, Any]]) -> None:
    """The rows for people."""
    table = Table("what", "measured", "bar", "", "others", title=name, title_justify="left", show_lines=True)
    for row in rows:
        met = {True: "[green]met[/green]", False: "[red]missed[/red]", None: ""}[row.get("met")]
        others = "\n".join(f"{peer}: {figures_of(figures)}" for peer, figures in row.get("peers", {}).items())
        bars = "\n".join(f"{figure} {bar}" for figure, bar in row.get("bars", {}).items())
        what = row.get("what", name)
        note = f"\n[dim]{row['note']}[/dim]" if row.get("note") else ""
        table.add_row(what, figures_of(row.get("ours", {})) + note, bars, met, others)
    Console(stderr=True, width=170 if not sys.stderr.isatty() else None).print(table)


def figures_of(figures: dict[str, float]) -> str:
    """Figures as one line."""
    return ", ".join(f"{name} {value:{'g' if abs(value) >= 10 else '.3f'}}" for name, value in figures.items())


def versions() -> dict[str, str]:
    """What the figures depend on; a package that is not there is left out."""
    found = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def threads() -> str:
    """How many threads everyone had."""
    return f"BLAS threads {THREADS}, numba threads {THREADS}, cores {os.cpu_count()}, tokenising processes 2"
