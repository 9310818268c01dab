"""Hindi and English: texts, amounts, dates. The language stands in the address; there is no cookie.

Texts are written in English where they are shown; translations/hi.po has each of them in Hindi, and a test holds the
two to the same set.
"""

import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations

# Each with its own name, Hindi first.
LANGUAGES = {"hi": "हिन्दी", "en": "English"}
# India has one zone and no summer time.
IST = timezone(timedelta(hours=5, minutes=30), "IST")
# In Hindi the time of day is said as people say it, रात 8:53; am and pm are English.
_TIMES = {"hi": "d MMMM y, B h:mm", "en": "d MMMM y, h:mm a"}


@cache
def translations(language: str) -> NullTranslations:
    """The texts of a language by their English form; those of English are themselves."""
    if language == "en":
        return NullTranslations()
    source = files("portal.entrypoints") / "translations" / f"{language}.po"
    compiled = io.BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


class Speech:
    """How one language says things."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._locale = Locale(language, "IN")
        self.gettext = translations(language).gettext
        self.ngettext = translations(language).ngettext

    def label(self, both: Mapping[str, str]) -> str:
        """Of the API's two the one in this language."""
        return both[self.language]

    def member(self, answer: Mapping[str, Any], name: str) -> str:
        """The member `name`, `name_en` or, in Hindi, `name_hi` of an answer."""
        if self.language == "hi":
            return str(answer[f"{name}_hi"])
        return str(answer[f"{name}_en"] if f"{name}_en" in answer else answer[name])

    def rupees(self, paise: int) -> str:
        """₹1,52,500.00: grouped by lakh and crore."""
        return format_currency(Decimal(paise) / 100, "INR", locale=self._locale)

    def number(self, number: float) -> str:
        """Grouped by lakh and crore, with one place behind the point at most."""
        return format_decimal(round(number, 1), locale=self._locale)

    def day(self, text: str) -> str:
        """A civil date of the API, as 1 September 2020."""
        return format_date(date.fromisoformat(text), "d MMMM y", locale=self._locale)

    def instant(self, text: str) -> str:
        """An instant of the API, in Indian time."""
        at = datetime.fromisoformat(text).astimezone(IST)
        return format_datetime(at, _TIMES[self.language], locale=self._locale)


@cache
def speech(language: str) -> Speech:
    """The speech of one of LANGUAGES."""
    return Speech(language)
