"""Forms that come back with what was typed; cursors that hold, and that nobody can forge."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from cocreate.core.actor import Role
from cocreate.identity.members.models import Member
from cocreate.identity.members.queries import search_members
from cocreate.notify.inbox.service import tell
from cocreate.web.forms import BoundForm, check
from cocreate.web.paging import BadCursor, after, cut, decode_cursor, encode_cursor


class Taste(StrEnum):
    SWEET = "sweet"


class Order(BaseModel):
    name: str = Field(max_length=5)
    count: int = Field(1, ge=1, le=9)
    taste: Taste = Taste.SWEET
    day: date | None = None


def test_a_form_that_fits_has_a_value():
    form = check(Order, {"name": "茶", "count": "2", "day": "2026-06-05"})
    assert (form.value.count, form.value.day, form.errors) == (2, date(2026, 6, 5), {})


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("name", "", "Please fill this in."),
        ("name", "123456", "This is too long."),
        ("count", "zwei", "Please enter a whole number."),
        ("count", "0", "This number is too small."),
        ("count", "10", "This number is too large."),
        ("taste", "sour", "Please choose one of the options."),
        ("day", "gestern", "Please enter a date such as 2026-06-05."),
    ],
)
def test_each_objection_is_a_sentence_beside_its_field(field, typed, message):
    form = check(Order, {"name": "茶", field: typed})
    assert form.value is None
    assert form.errors == {field: message}
    assert form.values[field] == typed


def test_one_more_objection_keeps_what_was_typed():
    form = BoundForm(Order(name="茶"), {"name": "茶"}).refuse("name", "Taken.")
    assert (form.value, form.values, form.errors) == (None, {"name": "茶"}, {"name": "Taken."})


def test_a_refused_form_is_shown_again_with_its_input(client, make_member):
    answer = client.post("/garage", actor=make_member(), data={"model": "云麓<b>", "model_year": "25"})
    assert answer.status_code == 422
    assert 'value="云麓&lt;b&gt;"' in answer.text
    assert "请填写四位数的年款" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_refused_form_answers_htmx_with_the_form_alone(client, make_member):
    answer = client.post("/garage", actor=make_member(), htmx=True, data={"model": ""})
    assert answer.status_code == 422
    assert "<html" not in answer.text
    assert answer.text.count("<form") == 1


@given(st.lists(st.one_of(st.integers(-(2**63) + 1, 2**63 - 1), st.text(max_size=20)), min_size=1, max_size=4))
def test_a_cursor_gives_back_its_values(values):
    assert decode_cursor(encode_cursor(values), len(values)) == values


@given(st.text(max_size=60))
def test_a_forged_cursor_is_refused_and_never_breaks(text):
    try:
        values = decode_cursor(text, 2)
    except BadCursor:
        return
    assert len(values) == 2
    assert all(isinstance(value, int | float | str) for value in values)


@pytest.mark.parametrize("values", [[2**63], [-(2**63)], [True], [None], [[1]], [1, 2], []])
def test_a_cursor_holds_only_what_a_column_can(values):
    with pytest.raises(BadCursor):
        decode_cursor(encode_cursor(values), 1)


@pytest.mark.parametrize("cursor", ["x", "%00", "AAAA", "W10", "座椅", "WyJ4Il0", "W251bGxd"])
def test_a_damaged_address_is_422_and_says_so(client, make_member, cursor):
    answer = client.get(f"/members?cursor={cursor}", actor=make_member("管", Role.ADMIN))
    assert answer.status_code == 422
    assert "翻页地址已损坏" in answer.text


@pytest.mark.parametrize("value", ["gestern", "2026-11-22T10:00:00", 7])
def test_a_moment_in_a_cursor_is_text_with_a_zone(value):
    assert after((Member.created_at,), ("2026-11-22T10:00:00+00:00",)).right.clauses[0].value == datetime(
        2026, 11, 22, 10, tzinfo=UTC
    )
    with pytest.raises(BadCursor):
        after((Member.created_at,), (value,))


def test_a_page_ends_where_the_rows_end():
    assert cut([3, 2, 1], 3, lambda row: [row]).next_cursor is None
    page = cut([4, 3, 2, 1], 3, lambda row: [row])
    assert (page.items, decode_cursor(page.next_cursor, 1)) == ([4, 3, 2], [2])


def test_walking_all_pages_meets_every_row_once(session, make_member):
    for number in range(7):
        make_member(f"成员{number}")
    met, cursor = [], None
    while True:
        page = search_members(session, cursor=cursor, limit=3)
        met += [row.id for row in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert len(met) == len(set(met)) == 7
    assert met == sorted(met, reverse=True)


def test_rows_that_arrive_meanwhile_do_not_shift_the_next_page(session, make_member):
    for number in range(4):
        make_member(f"成员{number}")
    first = search_members(session, limit=2)
    make_member("新来的")
    second = search_members(session, limit=2, cursor=first.next_cursor)
    assert [row.name for row in first.items + second.items] == ["成员3", "成员2", "成员1", "成员0"]


def test_the_inbox_pages_as_well(client, runtime, make_member):
    member = make_member()
    with runtime.database.write() as session:
        for number in range(25):
            tell(session, [member.id], "test", key=str(number), params={}, url="/garage")
    first = client.get("/inbox", actor=member, htmx=True)
    assert first.text.count('<li class="row inbox-row') == 20
    link = first.text.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert client.get(link, actor=member, htmx=True).text.count('<li class="row inbox-row') == 5


def test_times_come_back_aware(session, make_member):
    member = session.get(Member, make_member().id)
    session.refresh(member)
    assert member.created_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - member.created_at) < timedelta(minutes=1)
