"""What people write, judged by what Unicode says of its characters: names, lines, remarks. ADR 0025.

A rule gives the text as it is kept (Unicode's form C, without white space around it, otherwise exactly as written:
letter case, apostrophes, any script) or a Refusal for people. It never changes what it does not like.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import regex

_OUTER_SPACE = regex.compile(r"^\p{White_Space}+|\p{White_Space}+$")
# Joiners stand where they change how a word is read: beside a virama, as in half forms of Hindi (RFC 5892, appendix A,
# and the Unicode Standard, chapter 12, for Bengali), and between letters of the Arabic script (Urdu).
_JOINER = (
    r"(?:(?<=\p{ccc=Virama})[\u200C\u200D]|(?<=\p{L})\u200D(?=\p{ccc=Virama})"
    r"|(?<=\p{Script=Arabic}\p{Mn}*)\u200C(?=\p{Script=Arabic}))"
)
# Controls (a direction's too), what is unassigned or private, separators of lines, and what nobody sees: by property,
# and the one sign that has none for it, Braille without a dot.
_HIDDEN_CHARACTERS = r"[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]"
_UNPRINTABLE = regex.compile(rf"(?!{_JOINER}){_HIDDEN_CHARACTERS}")
_UNPRINTABLE_IN_REMARKS = regex.compile(rf"(?![\t\n\r]|{_JOINER}){_HIDDEN_CHARACTERS}")
# A mark without a letter to sit on, and more marks on one letter than any writing needs (UTS 39, section 5.4: four).
_STRAY_MARKS = regex.compile(r"(?<![\p{L}\p{N}\p{M}\p{Join_Control}])\p{M}|\p{Mn}{5}")
_UNSEEN = regex.compile(r"[\p{White_Space}\p{Default_Ignorable_Code_Point}]+")
_READABLE = regex.compile(r"[\p{L}\p{N}]")
# What a spreadsheet takes for a formula when the text is the content of a cell (OWASP, "CSV Injection").
_FORMULA = regex.compile(r"[=+\-@＝＋－＠]")
_APOSTROPHES = "'’‘ʼ"
_HYPHENS = r"\-‐‑–"
_OTHER_SIGNS = r".,()/·॰"
_NAME = regex.compile(
    rf"[({_APOSTROPHES}]*\p{{L}}(?:[\p{{L}}\p{{M}}{_APOSTROPHES}{_HYPHENS}{_OTHER_SIGNS} ]|{_JOINER})*"
)
# Vedic and inherited marks count for a script by its extensions (Unicode Standard Annex 24).
_OF_ONE_SCRIPT = {
    "Devanagari": regex.compile(rf"(?:[\p{{scx=Devanagari}}{_APOSTROPHES}]|[^\p{{L}}\p{{M}}])*"),
}


class Script(StrEnum):
    """A script that a text may have to be written in; the value is its name in Unicode."""

    DEVANAGARI = "Devanagari"


@dataclass(frozen=True)
class Refusal:
    """Why a text is not acceptable: a stable code, and what to do in both languages. Never repeats the text."""

    code: str
    detail: str
    detail_hi: str


_BLANK = Refusal(
    "blank",
    "Must not be blank: write at least one letter or digit.",
    "यह खाली नहीं हो सकता: कम से कम एक अक्षर या अंक लिखें।",
)
_HIDDEN = Refusal(
    "unprintable",
    "Must hold printable characters only, on one line: no control, direction or invisible characters.",
    "इसमें केवल दिखाई देने वाले अक्षर, एक ही पंक्ति में, हों: कोई नियंत्रण, दिशा या अदृश्य अक्षर नहीं।",
)
_HIDDEN_IN_REMARKS = Refusal(
    "unprintable",
    "Must hold printable characters only: no control, direction or invisible characters.",
    "इसमें केवल दिखाई देने वाले अक्षर हों: कोई नियंत्रण, दिशा या अदृश्य अक्षर नहीं।",
)
_MARKS = Refusal(
    "stray-marks",
    "A vowel sign or accent must follow a letter, and at most four may stand on one; type the word again.",
    "मात्रा या चिह्न किसी अक्षर के बाद ही हो, और एक अक्षर पर अधिकतम चार हों; शब्द दोबारा लिखें।",
)
_STARTS_A_FORMULA = Refusal(
    "formula",
    "Must not begin with = + - or @: a spreadsheet would run it as a formula. Begin with a letter or a digit.",
    "यह = + - या @ से शुरू नहीं हो सकता: स्प्रेडशीट इसे सूत्र समझकर चला देगी। अक्षर या अंक से शुरू करें।",
)
_NOT_A_NAME = Refusal(
    "not-a-name",
    "Must be a name: letters of any script, with spaces, apostrophes, hyphens, full stops, commas, brackets and /; "
    "no digits.",
    "यह नाम हो: किसी भी लिपि के अक्षर, साथ में रिक्त स्थान, एपॉस्ट्रॉफ़ी, योजक चिह्न, बिंदु, अल्पविराम, कोष्ठक और /; अंक नहीं।",
)
_OTHER_SCRIPT = {
    Script.DEVANAGARI: Refusal("wrong-form", "Must be written in Devanagari letters.", "यह देवनागरी अक्षरों में लिखा हो।"),
}


@dataclass(frozen=True)
class Line:
    """A text on one line, such as an address: letters or digits and whatever else can be seen."""

    longest: int

    def check(self, text: str) -> str | Refusal:
        """The text as it is kept, at most `longest` characters, or why it is refused."""
        kept = _kept(text)
        return _refusal(kept, self.longest, _UNPRINTABLE, _HIDDEN) or kept


@dataclass(frozen=True)
class Remarks:
    """A text of several lines, such as an officer's reasons."""

    longest: int

    def check(self, text: str) -> str | Refusal:
        """The text as it is kept, at most `longest` characters, or why it is refused."""
        kept = _kept(text)
        return _refusal(kept, self.longest, _UNPRINTABLE_IN_REMARKS, _HIDDEN_IN_REMARKS) or kept


@dataclass(frozen=True)
class Name:
    """The name of a person or a place, in any script or in `script` alone. One word is enough, and one letter."""

    longest: int
    script: Script | None = None

    def check(self, text: str) -> str | Refusal:
        """The name as it is kept, at most `longest` characters, or why it is refused."""
        kept = _kept(text)
        if refusal := _refusal(kept, self.longest, _UNPRINTABLE, _HIDDEN):
            return refusal
        if not _NAME.fullmatch(kept):
            return _NOT_A_NAME
        if self.script is not None and not _OF_ONE_SCRIPT[self.script].fullmatch(kept):
            return _OTHER_SCRIPT[self.script]
        return kept


def without_white_space(text: str) -> str:
    """A code as it was meant: copying and scanning put spaces, line ends and invisible characters into it."""
    return _UNSEEN.sub("", text)


def _kept(text: str) -> str:
    return _OUTER_SPACE.sub("", unicodedata.normalize("NFC", text))


def _refusal(kept: str, longest: int, unprintable: regex.Pattern[str], hidden: Refusal) -> Refusal | None:
    if len(kept) > longest:
        return Refusal("too-long", f"Must have at most {longest} characters.", f"इसमें अधिकतम {longest} अक्षर हो सकते हैं।")
    if not _READABLE.search(unprintable.sub("", kept)):
        # A text of invisible characters only looks empty; what looks like something may still begin a formula.
        return _STARTS_A_FORMULA if _FORMULA.match(kept) else _BLANK
    if unprintable.search(kept):
        return hidden
    if _STRAY_MARKS.search(kept):
        return _MARKS
    return _STARTS_A_FORMULA if _FORMULA.match(kept) else None
