"""The reader's language: gettext catalogues, one .po file per package and language, read once at start."""

import io
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from cocreate.core import clock

LOCALES = Path(__file__).parent.parent / "locale"
LANGUAGES = {"zh-Hans": "zh_Hans", "en": "en"}
COOKIE = "lang"


@lru_cache
def catalogue(language: str) -> NullTranslations:
    """All packages' translations for a language, merged; English is the language of the msgids themselves."""
    merged: NullTranslations = NullTranslations()
    for path in sorted((LOCALES / LANGUAGES[language] / "LC_MESSAGES").glob("*.po")):
        compiled = io.BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=LANGUAGES[language]))
        compiled.seek(0)
        one = GNUTranslations(compiled)
        one.add_fallback(merged)
        merged = one
    return merged


def choose_language(cookies: Mapping[str, str], accept: str, preferred: str | None, default: str) -> str:
    """The language that the reader asked for: switch, account, browser, then the site's own."""
    for wish in (cookies.get(COOKIE), preferred):
        if wish in LANGUAGES:
            return str(wish)
    for part in accept.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh-Hans"
        if tag.startswith("en"):
            return "en"
    return default


class Translator:
    """Sentences, dates and numbers in one language and time zone."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language = language
        self.locale = LANGUAGES[language]
        self.zone = zone
        self._catalogue = catalogue(language)

    def gettext(self, message: str, /, **params: object) -> str:
        """The sentence in the reader's language, placeholders filled."""
        text = self._catalogue.gettext(message) if message else ""
        return text % params if params else text

    def ngettext(self, singular: str, plural: str, n: int, /, **params: object) -> str:
        text = self._catalogue.ngettext(singular, plural, n)
        return text % {"num": n, **params}

    def plural(self, singular: str, plural: str, n: int) -> str:
        """The form for n, placeholders unfilled, as Jinja wants it."""
        return self._catalogue.ngettext(singular, plural, n)

    def day(self, moment: datetime) -> str:
        """Day of a moment, such as 2026年11月22日."""
        return format_date(moment.astimezone(self.zone), "long", locale=self.locale)

    def calendar_day(self, value: date) -> str:
        """A day of the calendar, such as 2026年11月22日."""
        return format_date(value, "long", locale=self.locale)

    def exact(self, moment: datetime) -> str:
        """Day and time, for hover and for print."""
        return format_datetime(moment.astimezone(self.zone), "medium", locale=self.locale)

    def when(self, moment: datetime) -> str:
        """A moment that lies ahead, with its weekday: 11月26日周四 18:00."""
        local = moment.astimezone(self.zone)
        return f"{format_skeleton('MMMEd', local, locale=self.locale)} {local:%H:%M}"

    def ago(self, moment: datetime) -> str:
        """Relative under seven days (3小时前), the day itself after that."""
        passed = clock.now() - moment
        if abs(passed.total_seconds()) < 45:
            return self.gettext("just now")
        if abs(passed.days) >= 7:
            local = moment.astimezone(self.zone)
            pattern = "MMMd" if local.year == clock.now().astimezone(self.zone).year else "yMMMd"
            return format_skeleton(pattern, local, locale=self.locale)
        # What is over is told roughly (1天前, not 26小时前); what is due has its hours for longer.
        threshold = 1 if passed.total_seconds() > 0 else 1.5
        return format_timedelta(-passed, add_direction=True, locale=self.locale, threshold=threshold)

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.locale)
