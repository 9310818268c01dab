"""Mobile numbers of India: read as people write them, kept as nobody can read them."""

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field

LONGEST_WRITTEN = 32
_IGNORED = re.compile(r"[\s().-]")
# The National Numbering Plan: ten digits, the first of them 6 to 9; before them 0, or the country's 91.
_MOBILE = re.compile(r"(?:\+91|0091|91|0)?([6-9][0-9]{9})")


@dataclass(frozen=True)
class Mobile:
    """A number of ten digits. It never reaches a store, a log, an event or an address."""

    digits: str = field(repr=False)

    @property
    def shown(self) -> str:
        """For its owner to know it again: XXXXXX3210."""
        return f"XXXXXX{self.digits[-4:]}"

    def index(self, key: bytes) -> str:
        """By which the number is looked up: without the key, ten digits are soon guessed from a plain hash."""
        return hmac.digest(key, b"mobile:" + self.digits.encode(), hashlib.sha256).hex()


def read_mobile(text: str) -> Mobile | None:
    """The number somebody typed, in Latin, Devanagari or any other digits; None when it is none."""
    if len(text) > LONGEST_WRITTEN:
        return None
    digits = "".join(str(unicodedata.decimal(sign, sign)) for sign in _IGNORED.sub("", text))
    match = _MOBILE.fullmatch(digits)
    return Mobile(match[1]) if match else None
