"""Reads the first sheet of a workbook in a process of its own, which the system ends when it takes too much.

A small file can ask for more memory than any machine has: one stray cell at the far corner spans a whole sheet, sizes
in a packed file may lie, one long text may be named by a million cells. No check beforehand knows all such ways.

    python -m cocreate.exchange.workbook FILE

writes one JSON list a row that holds something, [line, [cells without the empty ones at the end]], and then "end".
It leaves with one of the codes below where it cannot.
"""

import json
import sys
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

MEMORY = 800_000_000
"""Bytes of address space; 100,000 rows of twenty columns take a quarter of it."""
SECONDS = 120
MOST_TEXT = 200_000_000
"""Characters of all cells together."""
MOST_CELLS = 5_000_000
"""Of the rectangle that holds all cells: a hundred thousand rows of fifty columns."""
DAMAGED, LOCKED, TOO_LARGE = 10, 11, 12


def cell_text(value: Any) -> str:
    """A cell as its reader saw it; of a formula that is its last result, never the formula."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ") if value.time() != time() else value.date().isoformat()
    if isinstance(value, date | time | timedelta):
        return value.isoformat() if not isinstance(value, timedelta) else str(value)
    return str(value)


def _limit() -> None:
    """Where the system can, no more memory and time than a sheet of feedback needs."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; what is said about sizes inside the file is checked before
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _rows(path: Path) -> Iterable[tuple[int, list[str]]]:
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    _, first_column = sheet.start or (0, 0)
    rows, columns = sheet.end or (0, 0)
    if (rows + 1) * (columns + 1) > MOST_CELLS:
        raise MemoryError
    # Rows are counted from the top of the sheet, but their cells only from the first column that holds something.
    for line, values in enumerate(sheet.iter_rows(), 1):
        cells = [""] * first_column + [cell_text(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if cells:
            yield line, cells


def _main(path: Path) -> int:
    _limit()
    told = 0
    try:
        for line, cells in _rows(path):
            told += sum(map(len, cells))
            if told > MOST_TEXT:
                return TOO_LARGE
            sys.stdout.write(json.dumps([line, cells], ensure_ascii=True) + "\n")
    except PasswordError:
        return LOCKED
    except (CalamineError, IndexError, OSError, ValueError):
        return DAMAGED
    except MemoryError:
        return TOO_LARGE
    sys.stdout.write('"end"\n')
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
