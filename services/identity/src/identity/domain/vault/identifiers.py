"""The numbers that name a person: how people type them, when they can be right, and how they are shown.

Nothing here ever repeats what was typed: neither a refusal nor the repr of an Identifier.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stdnum import verhoeff
from stdnum.in_ import aadhaar, pan

LONGEST_TYPED = 40  # characters: the longest kind with its country code, and a space or hyphen between every two digits
_SHOWN = 4  # what stays readable of a number that is masked
_DROPPED = {"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"}  # spaces, line ends, invisible characters, dashes
_JAN_AADHAAR_FAMILY = re.compile(r"[0-9]{10}", re.ASCII)
_JAN_AADHAAR_MEMBER = re.compile(r"[0-9]{11}", re.ASCII)
# The National Numbering Plan has mobile numbers of ten digits that begin with 6 to 9.
_MOBILE = re.compile(r"(?:\+?91|0)?([6-9][0-9]{9})", re.ASCII)
_TWELVE_DIGITS = re.compile(r"[0-9]{12}", re.ASCII)


class Kind(StrEnum):
    """What sort of number it is."""

    AADHAAR = "aadhaar"
    JAN_AADHAAR_FAMILY = "jan-aadhaar-family"
    JAN_AADHAAR_MEMBER = "jan-aadhaar-member"
    MOBILE = "mobile"
    PAN = "pan"


class NotAnIdentifier(ValueError):
    """What was typed cannot be a number of that kind: a stable code, and what to do in both languages."""

    def __init__(self, code: str, detail: str, detail_hi: str) -> None:
        super().__init__(code)
        self.code, self.detail, self.detail_hi = code, detail, detail_hi


@dataclass(frozen=True)
class Identifier:
    """A number of a kind, in its one written form: digits and capital letters alone."""

    kind: Kind
    number: str = field(repr=False)

    @property
    def masked(self) -> str:
        """As it may be shown: `XXXX XXXX 1234`; a PAN as the CBDT masks it, the others with their last four digits."""
        return _MASKS.get(self.kind, _last_digits)(self.number)


def read_identifier(kind: Kind, typed: str, *, sandbox: bool) -> Identifier:
    """The number that somebody typed or pasted: spaces, hyphens, letter case and the script of digits do not count.

    In the sandbox an Aadhaar number begins with 0, which UIDAI never issues, so that no real one gets there; elsewhere
    it does not. Raises NotAnIdentifier.
    """
    text = "".join(map(_plain, unicodedata.normalize("NFKC", typed))).upper()
    return Identifier(kind, _READERS[kind](text, sandbox))


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    return "" if unicodedata.category(character) in _DROPPED else character


def _aadhaar(text: str, sandbox: bool) -> str:
    if not _TWELVE_DIGITS.fullmatch(text):
        raise NotAnIdentifier("invalid-format", "An Aadhaar number has 12 digits.", "आधार संख्या में 12 अंक होते हैं।")
    if not verhoeff.is_valid(text):
        raise NotAnIdentifier(
            "check-digit",
            "The digits do not fit together: one is wrong, or two are swapped. Compare them with the card.",
            "अंक आपस में मेल नहीं खाते: कोई अंक गलत है या दो अंक उलट गए हैं। कार्ड से मिलाएँ।",
        )
    if sandbox and not text.startswith("0"):
        raise NotAnIdentifier(
            "not-for-the-sandbox",
            "In the sandbox an Aadhaar number begins with 0; no real person's number belongs here.",
            "सैंडबॉक्स में आधार संख्या 0 से शुरू होती है; किसी वास्तविक व्यक्ति की संख्या यहाँ न लिखें।",
        )
    if not sandbox and not aadhaar.is_valid(text):  # the first digit, and palindromes
        raise NotAnIdentifier(
            "never-issued",
            "No Aadhaar number is like this one: none begins with 0 or 1. Compare it with the card.",
            "ऐसी कोई आधार संख्या नहीं होती: कोई भी 0 या 1 से शुरू नहीं होती। कार्ड से मिलाएँ।",
        )
    return text


def _jan_aadhaar_family(text: str, _: bool) -> str:
    if not _JAN_AADHAAR_FAMILY.fullmatch(text):
        raise NotAnIdentifier(
            "invalid-format",
            "A Jan Aadhaar family number has 10 digits; that of one member has 11.",
            "जन आधार परिवार संख्या में 10 अंक होते हैं; एक सदस्य की संख्या में 11।",
        )
    return text


def _jan_aadhaar_member(text: str, _: bool) -> str:
    if not _JAN_AADHAAR_MEMBER.fullmatch(text):
        raise NotAnIdentifier(
            "invalid-format",
            "A Jan Aadhaar member number has 11 digits; that of the family has 10.",
            "जन आधार सदस्य संख्या में 11 अंक होते हैं; परिवार की संख्या में 10।",
        )
    return text


def _mobile(text: str, _: bool) -> str:
    match = _MOBILE.fullmatch(text)
    if not match:
        raise NotAnIdentifier(
            "invalid-format",
            "An Indian mobile number has 10 digits and begins with 6, 7, 8 or 9; +91 or 0 may stand before it.",
            "भारतीय मोबाइल नंबर में 10 अंक होते हैं और वह 6, 7, 8 या 9 से शुरू होता है; पहले +91 या 0 हो सकता है।",
        )
    return match[1]


def _pan(text: str, _: bool) -> str:
    if not pan.is_valid(text):
        raise NotAnIdentifier(
            "invalid-format",
            "A PAN has five letters, four digits and a letter, as on the card; the fourth letter names the holder.",
            "पैन में पाँच अक्षर, चार अंक और एक अक्षर होता है, जैसा कार्ड पर है; चौथा अक्षर धारक को बताता है।",
        )
    return text


def _last_digits(number: str) -> str:
    return "X" * (len(number) - _SHOWN) + number[-_SHOWN:]


_READERS: Mapping[Kind, Callable[[str, bool], str]] = {
    Kind.AADHAAR: _aadhaar,
    Kind.JAN_AADHAAR_FAMILY: _jan_aadhaar_family,
    Kind.JAN_AADHAAR_MEMBER: _jan_aadhaar_member,
    Kind.MOBILE: _mobile,
    Kind.PAN: _pan,
}
_MASKS: Mapping[Kind, Callable[[str], str]] = {Kind.AADHAAR: aadhaar.mask, Kind.PAN: pan.mask}
