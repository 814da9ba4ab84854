"""A brand's file of its cars: columns model, model year, region, cars; read whole or refused line by line."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cocreate.core import clock
from cocreate.core.text_marks import N_
from cocreate.exchange.reading import RawRow, Sheet, Unreadable, open_sheet
from cocreate.text.fold import fold

MOST_BYTES = 8_000_000
MOST_ROWS = 50_000
MOST_ERRORS = 50
MOST_CARS = 100_000_000
"""Of one line, and of a file."""
LONGEST_NUMBER = 20
HEADS = {
    "model": "model", "车型": "model", "车系": "model", "型号": "model",
    "model_year": "model_year", "model year": "model_year", "year": "model_year", "年款": "model_year",
    "年份": "model_year", "年型": "model_year",
    "region": "region", "province": "region", "地区": "region", "省份": "region", "区域": "region", "省": "region",
    "城市": "region",
    "cars": "cars", "count": "cars", "数量": "cars", "保有量": "cars", "车辆数": "cars", "台数": "cars", "辆": "cars",
}  # fmt: skip
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+")
YEAR = re.compile(r"(\d{4})\s*(?:款|年)?(?:\.0)?")


@dataclass(frozen=True)
class LineError:
    """Why a line is not taken. reason: msgid with params; line 0: the file as a whole."""

    line: int
    reason: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """So many cars of one model, year and region."""

    model: str
    model_year: int | None
    region: str
    cars: int


@dataclass
class Fleet:
    """What a file says. It is of use only without errors."""

    parts: list[Part] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    more_errors: int = 0

    @property
    def cars(self) -> int:
        return sum(part.cars for part in self.parts)

    def refuse(self, line: int, reason: str, **params: object) -> None:
        """Note an error; of very many only the number."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(LineError(line, reason, params))
        else:
            self.more_errors += 1


def read_fleet(source: BinaryIO, name: str) -> Fleet:
    """The fleet in a CSV file, workbook or JSON list, or why not, by line."""
    told = Fleet()
    data = source.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        told.refuse(0, N_("The file is too large: at most %(size)s MB."), size=MOST_BYTES // 1_000_000)
        return told
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fleet"
        path.write_bytes(data)
        try:
            sheet = open_sheet(path, name)
            _read(sheet, told)
        except Unreadable as refused:
            told.refuse(refused.line or 0, refused.reason, **refused.params)
    if not told.cars and not told.errors:
        told.refuse(0, N_("The file names no car."))
    if told.cars > MOST_CARS:
        told.refuse(0, N_("“%(cars)s” is no number of cars."), cars=told.cars)
    return told


def _read(sheet: Sheet, told: Fleet) -> None:
    columns = _columns(sheet.columns, told)
    if columns is None:
        return
    seen: dict[tuple[str, int | None, str], int] = {}
    for row in sheet.rows():
        if not isinstance(row, RawRow):
            told.refuse(row.line, row.reason, **row.params)
            continue
        if len(told.parts) >= MOST_ROWS:
            told.refuse(row.line, N_("More than %(most)s lines. Add lines of the same kind together."), most=MOST_ROWS)
            return
        part = _part(row, columns, told)
        if part is None:
            continue
        key = (fold(part.model), part.model_year, fold(part.region))
        if key in seen:
            told.refuse(
                row.line, N_("Line %(earlier)s says how many of these cars there are already."), earlier=seen[key]
            )
            continue
        seen[key] = row.line
        told.parts.append(part)


def _columns(heads: list[str], told: Fleet) -> dict[str, int] | None:
    found: dict[str, int] = {}
    for place, head in enumerate(heads):
        name = HEADS.get(fold(head).strip())
        if name in found:
            told.refuse(1, N_("Two columns say the same: %(head)s."), head=head)
            return None
        if name is not None:
            found[name] = place
    if missing := [name for name in ("model", "cars") if name not in found]:
        told.refuse(
            1, N_("The column “%(column)s” is missing. The head is: model, model_year, region, cars."),
            column=missing[0],
        )  # fmt: skip
        return None
    return found


def _part(row: RawRow, columns: dict[str, int], told: Fleet) -> Part | None:
    def cell(name: str) -> str:
        return " ".join(row.cells[columns[name]].split()) if name in columns else ""

    model, year, region, cars = cell("model"), cell("model_year"), cell("region"), cell("cars").removesuffix(".0")
    if not model or len(model) > 60:
        told.refuse(row.line, N_("The model is missing, or longer than 60 characters."))
        return None
    matched = YEAR.fullmatch(year)
    if year and (matched is None or not 1950 <= int(matched[1]) <= clock.now().year + 2):
        told.refuse(row.line, N_("“%(year)s” is no model year. It has four digits, or stays empty."), year=year[:20])
        return None
    if len(region) > 40:
        told.refuse(row.line, N_("The region is longer than 40 characters."))
        return None
    if len(cars) > LONGEST_NUMBER or not NUMBER.fullmatch(cars) or int(cars.replace(",", "")) > MOST_CARS:
        told.refuse(row.line, N_("“%(cars)s” is no number of cars."), cars=cars[:20])
        return None
    return Part(model, int(matched[1]) if matched else None, region, int(cars.replace(",", "")))
