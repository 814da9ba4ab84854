"""Which column means what, and what cells mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cocreate.exchange import mapping, values
from cocreate.exchange.reading import RawRow
from forum.exchange import FIELDS

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["编号", "标题", "反馈内容", "车型", "品牌", "时间", "昵称", "票数", "渠道", "标签"],
         ["external_id", "title", "body", "model", "tags", "created_at", "author", "votes", "channel", "tags"]),
        (["ID", "Title", "Text", "Date", "Author", "Likes"],
         ["external_id", "title", "body", "created_at", "author", "votes"]),
        (["id", "brand", "model", "trim", "text", "date", "problem_codes"],
         ["external_id", "tags", "model", None, "body", "created_at", None]),
        (["发布日期", "用户昵称", "正 文"], ["created_at", "author", "body"]),
    ],
)  # fmt: skip
def test_columns_are_told_by_their_names(columns: list[str], expected: list[str | None]) -> None:
    found = mapping.detect(columns, FIELDS)
    assert [found.get(column) for column in columns] == expected


def test_without_a_telling_name_the_longest_column_is_the_text() -> None:
    sample = [RawRow(1, 2, ["7", "方向盘加热反应慢，冬天不好用", "是"])]
    assert mapping.detect(["甲", "乙", "丙"], FIELDS, sample) == {"乙": "body"}


def test_a_mapping_is_read_from_the_command_line() -> None:
    assert mapping.parse("id=external_id, text=body,a=b=title") == {"id": "external_id", "text": "body", "a=b": "title"}
    for bad in ("text", "=body", "text="):
        with pytest.raises(mapping.BadMapping):
            mapping.parse(bad)


@pytest.mark.parametrize(
    "wrong", [{"nowhere": "body"}, {"a": "nothing"}, {"a": "body", "b": "body"}, {"a": "model"}, {}]
)
def test_a_mapping_that_does_not_fit_says_why(wrong: dict[str, str]) -> None:
    assert mapping.problem(wrong, ["a", "b"], FIELDS) is not None
    assert mapping.problem({"a": "body", "b": "tags"}, ["a", "b"], FIELDS) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-6-5", datetime(2020, 6, 4, 16, tzinfo=UTC)),
        ("2020/6/5", datetime(2020, 6, 4, 16, tzinfo=UTC)),
        ("2020.06.05", datetime(2020, 6, 4, 16, tzinfo=UTC)),
        ("2020年6月5日", datetime(2020, 6, 4, 16, tzinfo=UTC)),
        ("2020-06-05 08:30", datetime(2020, 6, 5, 0, 30, tzinfo=UTC)),
        ("2020-06-05T08:30:15Z", datetime(2020, 6, 5, 8, 30, 15, tzinfo=UTC)),
        ("2020-06-05T08:30:15.123+0200", datetime(2020, 6, 5, 6, 30, 15, tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_the_sites_zone(text: str, expected: datetime) -> None:
    assert values.moment(text, CHINA) == expected


@pytest.mark.parametrize(
    "text", ["昨天", "2020-13-1", "2020-2-30", "20200605", "0001-01-01", "9999-12-31", "2020-6-5 25:00"]
)
def test_wrong_dates_are_refused(text: str) -> None:
    with pytest.raises(values.BadValue):
        values.moment(text, CHINA)


def test_whole_numbers() -> None:
    assert [values.whole_number(text) for text in ("12", "1,234", "7.0", " 3 ")] == [12, 1234, 7, 3]
    for bad in ("-1", "1.5", "many", "99999999999", "９9x"):
        with pytest.raises(values.BadValue):
            values.whole_number(bad)


def test_lists_in_a_cell() -> None:
    assert values.words("座椅、通风, 噪音；座椅") == ["座椅", "通风", "噪音"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_of_ours_is_a_formula(text: str) -> None:
    assert values.neutral(text).startswith("'")
    assert values.neutral("座椅") == "座椅"
