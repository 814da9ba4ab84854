"""A brand's file of its cars, as people write such files."""

import io

import pytest

from feedback_cluster.fleet.reading import Fleet, Part, read_fleet


def read(text: str, encoding: str = "utf-8", name: str = "fleet.csv") -> Fleet:
    return read_fleet(io.BytesIO(text.encode(encoding)), name)


def test_a_file_in_english_or_chinese_is_read_alike() -> None:
    wanted = [Part("云麓", 2025, "广东", 1200), Part("晴川", None, "", 7)]
    assert read('model,model_year,region,cars\n云麓,2025,广东,"1,200"\n晴川,,,7\n').parts == wanted
    told = read("车型,数量,年款,省份\n云麓,1200,2025款,广东\n晴川,7,,\n", "gb18030")
    assert (told.parts, told.errors, told.cars) == (wanted, [], 1207)


@pytest.mark.parametrize(("text", "line", "word"), [
    ("", 0, "empty"),
    ("model,model_year\n云麓,2025\n", 1, "missing"),
    ("车型,型号,数量\n云麓,云麓,3\n", 1, "same"),
    ("model,cars\n云麓,3\n,4\n", 3, "model"),
    ("model,cars\n云麓,-3\n", 2, "number of cars"),
    ("model,cars\n云麓,三百\n", 2, "number of cars"),
    ("model,cars\n云麓,9999999999\n", 2, "number of cars"),
    ("model,year,cars\n云麓,25,3\n", 2, "model year"),
    ("model,year,cars\n云麓,1900,3\n", 2, "model year"),
    ("model,region,cars\n云麓,广东,3\n雲麓,广东,4\n", 3, "already"),
    ("model,cars\n云麓,3,4,5\n", 2, "cells"),
    ("model,cars\n", 0, "no car"),
    ("model,cars\n云麓,0\n", 0, "no car"),
    pytest.param("model,cars\n云麓," + "9" * 5000 + "\n", 2, "number of cars", id="longer than Python reads"),
    ("model,cars\n云麓,60000000\n晴川,60000000\n", 0, "number of cars"),
])  # fmt: skip
def test_what_does_not_fit_is_said_by_line(text: str, line: int, word: str) -> None:
    told = read(text)
    assert [(error.line, word in error.reason) for error in told.errors] == [(line, True)]


def test_very_many_errors_are_counted() -> None:
    told = read("model,cars\n" + "云麓,x\n" * 80)
    assert (len(told.errors), told.more_errors, told.parts) == (50, 30, [])
