"""A statement that is put together once gives each asker their own answer."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from cocreate.core.db import Database
from cocreate.core.statements import prepared
from cocreate.identity.members.models import Member


def test_it_is_put_together_once_for_each_shape_and_asked_with_each_ones_values(
    database: Database, make_member: Callable[..., Member]
) -> None:
    built: list[bool] = []

    @prepared
    def named(newest_first: bool, /, *, ids: Sequence[int], but: str) -> Any:
        built.append(newest_first)
        order = col(Member.id).desc() if newest_first else col(Member.id)
        return select(Member.name).where(col(Member.id).in_(ids), Member.name != but).order_by(order)

    one, two, three = (make_member(name).id or 0 for name in ("甲", "乙", "丙"))
    with database.read() as session:
        for _ in range(2):
            assert named(session, False, ids=[one, two], but="").all() == ["甲", "乙"]
            assert named(session, True, ids=[one, two, three], but="乙").all() == ["丙", "甲"]
            assert named(session, False, ids=[three], but="丙").all() == []
            assert named(session, False, ids=[], but="").all() == []
    assert built == [False, True]


def test_a_value_that_this_shape_does_not_need_is_passed_over(database: Database) -> None:
    @prepared
    def counted(all_of_them: bool, /, *, name: str) -> Any:
        statement = sa.select(sa.func.count()).select_from(Member)
        return statement if all_of_them else statement.where(col(Member.name) == name)

    with database.read() as session:
        assert counted(session, True, name="nobody").scalar() == counted(session, False, name="nobody").scalar() == 0
