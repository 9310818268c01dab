"""How a name sounds, so that a centre is met by its name in Hindi, in English, and in Hindi with Latin letters.

"जयपुर", "Jaipur" and "Jaypur" sound alike, and so do "केंद्र", "kendra" and "kendr". Nobody types the letters of scholars
(jayapura), so two spellings are compared by what people do not vary: the consonants, without breath and without
doubling, and the vowel that a word begins with.
"""

import re
import unicodedata

_CONSONANTS = dict(zip("कखगघङचछजझञटठडढणतथदधनपफबभमयरलळवशषसह", "kkggnccjjnttddnttddnpfbbmyrllvsssh", strict=True))
_VOWELS = dict(zip("अआइईउऊऋएऐओऔऑ", "aaiiuureaoao", strict=True))
_VIRAMA = "्"
_NASALS = {"ं": "n", "ँ": "n"}
_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")
_WORD = re.compile(r"[^\W_]+(?:[\u0900-\u0903\u093c\u093e-\u094d\u200c\u200d]+[^\W_]*)*")
# Letters of one sound: what is spoken with the tongue curled is written with an r in Latin letters (गढ़, garh).
_HEARD = (("ड\u093c", "र"), ("ढ\u093c", "र"), ("ज्ञ", "ग्य"))
# In this order: what is written in more than one way becomes one.
_ALIKE = (
    ("chh", "c"), ("ksh", "ks"), ("x", "ks"), ("ph", "f"), ("sh", "s"), ("ch", "c"), ("kh", "k"), ("gh", "g"),
    ("jh", "j"), ("th", "t"), ("dh", "d"), ("bh", "b"), ("z", "j"), ("rh", "r"), ("w", "v"), ("q", "k"), ("ck", "k"),
)  # fmt: skip
_LATER_VOWELS = re.compile(r"(?<!^)[aeiouy]")
_TWICE = re.compile(r"(.)\1+")
_FIRST_VOWELS = str.maketrans("eyo", "iiu")  # ई-मित्र and e-Mitra, उदयपुर and Odaypur


def sounds(text: str) -> list[str]:
    """How each word of the text sounds, in order; at most as many characters as the word has, digits as they are."""
    plain = unicodedata.normalize("NFC", text)
    return [sound for word in _WORD.findall(plain) if (sound := _sound(word))]


def _sound(word: str) -> str:
    digits = word.translate(_DIGITS)
    if digits.isdecimal():
        return digits
    folded = unicodedata.normalize("NFD", _latin(word)).casefold()
    plain = "".join(letter for letter in folded if letter.isalnum() and not unicodedata.combining(letter))
    for written, spelt in _ALIKE:
        plain = plain.replace(written, spelt)
    heard = _TWICE.sub(r"\1", _LATER_VOWELS.sub("", plain))
    return heard[:1].translate(_FIRST_VOWELS) + heard[1:]


def _latin(word: str) -> str:
    """The word with Latin letters for those of Devanagari; which vowel follows a consonant is not heard here."""
    for written, spoken in _HEARD:
        word = word.replace(written, spoken)
    letters: list[str] = []
    for place, letter in enumerate(word.translate(_DIGITS)):
        if letter in _CONSONANTS:
            letters.append(_CONSONANTS[letter] + ("" if word[place + 1 : place + 2] == _VIRAMA else "a"))
        elif letter in _VOWELS or letter in _NASALS:
            letters.append(_VOWELS.get(letter) or _NASALS[letter])
        elif not unicodedata.category(letter).startswith("M"):
            letters.append(letter)
    return "".join(letters)
