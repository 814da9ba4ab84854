"""A brand's accent is readable whatever it is; sentences, days and numbers speak the reader's language."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from cocreate.core.config import Settings
from cocreate.web.brand import DARK_PAPER, LIGHT_PAPER, contrast, of
from cocreate.web.i18n import Translator, choose_language

SHANGHAI = ZoneInfo("Asia/Shanghai")
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(colours)
def test_every_accent_is_readable_in_both_schemes(accent):
    css = of(Settings(_env_file=None, brand_accent=accent)).css
    blocks = re.findall(r"\{(--accent:[^}]+)\}", css)
    assert len(blocks) == 3
    for block, paper in zip(blocks, (LIGHT_PAPER, DARK_PAPER, DARK_PAPER), strict=True):
        token = dict(part.split(":") for part in block.split(";"))
        assert contrast(token["--accent"], paper) >= 4.5
        assert contrast(token["--accent-ink"], token["--accent"]) >= 4.5
        assert contrast(token["--accent-text"], token["--accent-soft"]) >= 4.5


def test_an_accent_that_is_readable_already_is_kept():
    assert "--accent:#0b6e6e;" in of(Settings(_env_file=None, brand_accent="#0b6e6e")).css


def test_another_accent_has_another_address():
    one, two = (of(Settings(_env_file=None, brand_accent=accent)).css_url for accent in ("#0b6e6e", "#1f6b52"))
    assert one != two


@pytest.mark.parametrize(
    ("cookies", "accept", "preferred", "expected"),
    [
        ({}, "", None, "zh-Hans"),
        ({}, "en-GB,en;q=0.9", None, "en"),
        ({}, "zh-TW,zh;q=0.9", None, "zh-Hans"),
        ({}, "fr-FR,en;q=0.5", None, "en"),
        ({}, "zh-CN", "en", "en"),
        ({"lang": "zh-Hans"}, "en", "en", "zh-Hans"),
        ({"lang": "klingon"}, "en", None, "en"),
    ],
)
def test_the_language_is_the_readers_wish(cookies, accept, preferred, expected):
    assert choose_language(cookies, accept, preferred, "zh-Hans") == expected


@time_machine.travel(datetime(2026, 11, 22, 8, tzinfo=UTC), tick=False)
def test_times_are_near_for_a_week_and_dates_after_it():
    chinese, english = Translator("zh-Hans", SHANGHAI), Translator("en", SHANGHAI)
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert chinese.ago(now - timedelta(seconds=10)) == "刚刚"
    assert chinese.ago(now - timedelta(hours=3)) == "3小时前"
    assert chinese.ago(now - timedelta(hours=26)) == "1天前"
    assert chinese.ago(now - timedelta(minutes=70)) == "1小时前"
    assert chinese.ago(now + timedelta(hours=26)) == "26小时后"
    assert english.ago(now - timedelta(days=2)) == "2 days ago"
    assert chinese.ago(now - timedelta(days=9)) == "11月13日"
    assert chinese.ago(now - timedelta(days=400)) == "2025年10月18日"


def test_a_day_is_that_of_the_configured_zone():
    assert Translator("zh-Hans", SHANGHAI).day(datetime(2026, 1, 1, 17, tzinfo=UTC)) == "2026年1月2日"


def test_a_percent_sign_without_values_stays():
    assert Translator("en", SHANGHAI).gettext("100 % sure") == "100 % sure"
