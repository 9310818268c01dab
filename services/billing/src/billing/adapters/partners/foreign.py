"""What may be kept of what a partner says: every foreign value is checked here for all that it is used for.

A text is stored, indexed, sent back, printed on a receipt and put into an address. So it must be storable (no half of a
surrogate pair), visible (no control or format characters, which could change what a receipt seems to say) and bounded.
It is never altered: the partner must know it again. Absent, null, empty and blank are one.
"""

import re
import unicodedata
from datetime import date

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
# An identifier goes into addresses: RFC 3986's unreserved characters and the colon, and no dot segment.
_IDENTIFIER = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._~:-]{1,64}")
# Letters, marks, numbers, punctuation and symbols, and what joins or parts the conjuncts of Hindi.
_VISIBLE_CATEGORIES = frozenset("LMNPS")
_BESIDE_VISIBLE = frozenset(" \u200c\u200d")
# JSON numbers are exact up to here everywhere.
_MOST_PAISE = 2**53 - 1


class Unusable(Exception):
    """A foreign value cannot be used. Says what it should have been, never what it was: it may name a person."""


def text(value: object, most: int) -> str | None:
    """A text of at most `most` characters, or None where there is none. Raises Unusable."""
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > most:
        raise Unusable("not a short text")
    if not value.strip():
        return None
    if not all(c in _BESIDE_VISIBLE or unicodedata.category(c)[0] in _VISIBLE_CATEGORIES for c in value):
        raise Unusable("not a visible text")
    return value


def required_text(value: object, most: int) -> str:
    """A text that must be there. Raises Unusable."""
    told = text(value, most)
    if told is None:
        raise Unusable("no text")
    return told


def identifier(value: object) -> str:
    """An id that can stand in an address. Raises Unusable."""
    if not (isinstance(value, str) and _IDENTIFIER.fullmatch(value)):
        raise Unusable("not an identifier")
    return value


def paise(value: object) -> int:
    """An amount, zero included. Raises Unusable for what is no whole number of paise, or below zero."""
    if type(value) is not int or not 0 <= value <= _MOST_PAISE:
        raise Unusable("not an amount in paise")
    return value


def paise_or_none(value: object) -> int | None:
    """An amount that need not be there; zero sets no bound, so it is as none. Raises Unusable."""
    return None if value is None or value == "" else paise(value) or None


def day_or_none(value: object) -> date | None:
    """A civil day as ISO 8601 writes it, that need not be there. Raises Unusable."""
    told = text(value, 10)
    if told is None:
        return None
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        raise Unusable("not a day") from error


def count_or_none(value: object, most: int) -> int | None:
    """A whole number from 1 to `most` that need not be there. Raises Unusable."""
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= most:
        raise Unusable("not a count")
    return value


def slug(value: object) -> str:
    """A reason that may be shown and stored, or `unspecified`: a foreign text could be a customer's name."""
    return value if isinstance(value, str) and _SLUG.fullmatch(value) else "unspecified"
