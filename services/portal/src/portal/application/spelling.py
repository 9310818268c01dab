"""One spelling for the many in which people write a word: in Devanagari, in English, and in Hindi with Latin letters.

"मूल निवास", "mool niwas" and "Mul Nivaas" are the same here. A library that transliterates gives the letters of
scholars ("mūla nivāsa"), which nobody types, so that what follows would be needed all the same; and the letters are
forty. What matters is not how a word is spelt right, but that two spellings of it become one.
"""

import re
import unicodedata


def _pairs(letters: str, latin: str) -> dict[str, str]:
    return dict(zip(letters, latin.split(), strict=True))


_CONSONANTS = {
    **_pairs("कखगघङचछजझञ", "k kh g gh n ch chh j jh n"),
    **_pairs("टठडढणतथदधन", "t th d dh n t th d dh n"),
    **_pairs("पफबभमयरलळव", "p ph b bh m y r l l v"),
    **_pairs("शषसह", "sh sh s h"),
}
_VOWELS = _pairs("अआइईउऊऋएऐऑओऔ", "a aa i ee u oo ri e ai o o au")
_SIGNS = _pairs("ािीुूृेैॉोौ", "aa i ee u oo ri e ai o o au")
_NASALS = {"ं": "n", "ँ": "n", "ः": "h"}
_VIRAMA = "्"
_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")
_WORDS = re.compile(r"[^\W_]+(?:[\u0900-\u0903\u093c\u093e-\u094d]+[^\W_]*)*")
# In this order: what people write in more than one way becomes one.
_ALIKE = (
    ("chh", "c"),
    ("ksh", "ks"),
    ("x", "ks"),
    ("ph", "f"),
    ("sh", "s"),
    ("ch", "c"),
    ("kh", "k"),
    ("gh", "g"),
    ("jh", "j"),
    ("th", "t"),
    ("dh", "d"),
    ("bh", "b"),
    ("z", "j"),
    ("w", "v"),
    ("q", "k"),
    ("ai", "e"),
    ("ay", "e"),
    ("au", "o"),
    ("ou", "u"),
    ("ee", "i"),
    ("oo", "u"),
    ("y", "i"),
)
_TWICE = re.compile(r"(.)\1+")
_LATER_VOWELS = re.compile(r"(?<!^)[aeiou]")
# Letters of a beginning of a word that say which one is meant.
LEAST_BEGINNING = 3


def words(text: str) -> list[str]:
    """The words of a text, each in its one spelling."""
    return [spelt for word in _WORDS.findall(unicodedata.normalize("NFC", text)) if (spelt := one_spelling(word))]


def one_spelling(word: str) -> str:
    """What all spellings of a word have in common. Vowels are short, breathed letters are not, a last `a` is silent."""
    plain = "".join(c for c in unicodedata.normalize("NFD", _latin(word).casefold()) if not unicodedata.combining(c))
    for written, spelt in _ALIKE:
        plain = plain.replace(written, spelt)
    plain = _TWICE.sub(r"\1", plain)
    return plain.removesuffix("a") if len(plain) > 2 else plain


def likeness(asked: str, known: str) -> float:
    """How much a word that somebody wrote is like a known one, both in their one spelling: 1 is the same, 0 another.

    Between them: one is the beginning of the other, or only vowels differ ("janm" and "janam", "bijli" and "bijali").
    """
    if asked == known:
        return 1.0
    skeleton = _LATER_VOWELS.sub("", asked)
    if len(skeleton) >= LEAST_BEGINNING and skeleton == _LATER_VOWELS.sub("", known):
        return 0.8
    return 0.6 if len(asked) >= LEAST_BEGINNING and known.startswith(asked) else 0.0


def _latin(word: str) -> str:
    """A word in Latin letters; a consonant of Devanagari has an `a` behind it unless a sign says otherwise."""
    letters: list[str] = []
    word = unicodedata.normalize("NFD", word).replace("\u093c", "").translate(_DIGITS)
    for place, letter in enumerate(word):
        following = word[place + 1 : place + 2]
        if letter in _CONSONANTS:
            silent = following in _SIGNS or following == _VIRAMA
            letters.append(_CONSONANTS[letter] + ("" if silent else "a"))
        elif letter != _VIRAMA:
            letters.append(_VOWELS.get(letter) or _SIGNS.get(letter) or _NASALS.get(letter) or letter)
    return "".join(letters)
