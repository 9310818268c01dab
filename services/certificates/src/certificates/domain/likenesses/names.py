"""A name as it sounds, whichever of the two scripts it is written in.

People write one name in many ways, and a counter writes it again in Devanagari. What is compared is a skeleton of it:
the consonants without breath and length, the vowels i and u; a, which Devanagari mostly leaves unwritten, is left out.
"""

import re
import unicodedata

_CONSONANTS = dict(zip("कखगघङचछजझञटठडढणतथदधनपफबभमयरलवशषसहळ", "kkggnccjjnttddnttddnppbbmyrlvssshl", strict=True))
_VOWELS = dict(zip("अआइईउऊऋएऐओऔ", ["a", "a", "i", "i", "u", "u", "ri", "i", "ai", "u", "u"], strict=True))
_SIGNS = dict(zip("ािीुूृेैोौॅॉ", ["a", "i", "i", "u", "u", "ri", "i", "ai", "u", "u", "i", "u"], strict=True))
# An anusvara or a candrabindu is a nasal; a visarga is hardly heard; nukta and virama change no skeleton.
_OTHERS = {"ं": "n", "ँ": "n", "ः": ""}
# As Latin writes the same sounds; longer ones first.
_LATIN = [
    ("ngh", "nh"), ("chh", "c"), ("ksh", "ks"), ("sh", "s"), ("ch", "c"), ("kh", "k"), ("gh", "g"), ("jh", "j"),
    ("th", "t"), ("dh", "d"), ("ph", "p"), ("bh", "b"), ("ee", "i"), ("oo", "u"), ("ou", "u"), ("au", "u"), ("aa", "a"),
    ("ii", "i"), ("uu", "u"), ("f", "p"), ("w", "v"), ("z", "j"), ("q", "k"), ("x", "ks"), ("e", "i"), ("o", "u"),
]  # fmt: skip
# Words of respect, which one form has and another has not; as skeletons.
_RESPECT = frozenset({"sri", "srimti", "smt", "kumri", "dr", "mr", "mrs", "ms", "km"})
_NOT_LETTERS = re.compile(r"[^a-z ]")


def skeleton(name: str) -> str:
    """How the name sounds: its words in alphabetical order. Empty for a name in another script than these two."""
    words = [_word(word) for word in re.split(r"[\s.\-]+", name)]
    return " ".join(sorted(word for word in words if word and word not in _RESPECT))


def plain(name: str) -> str:
    """The name without case, accents and spaces that differ: two that are equal in it are written alike."""
    return " ".join(unicodedata.normalize("NFKD", name).casefold().split())


def _word(word: str) -> str:
    latin = _latin(word) if any("ऀ" <= letter <= "ॿ" for letter in word) else word
    bare = "".join(c for c in unicodedata.normalize("NFKD", latin).casefold() if not unicodedata.combining(c))
    bare = _NOT_LETTERS.sub("", bare)
    for written, heard in _LATIN:
        bare = bare.replace(written, heard)
    # A y is heard as i at the end of a word, and before a consonant.
    bare = re.sub(r"y(?![aiu])", "i", bare)
    bare = bare.replace("a", "")
    return re.sub(r"(.)\1+", r"\1", bare)


def _latin(word: str) -> str:
    """Letter for letter; the unwritten a is not written here either, for the skeleton has none."""
    heard = []
    for letter in unicodedata.normalize("NFD", word):
        heard.append(_CONSONANTS.get(letter) or _VOWELS.get(letter) or _SIGNS.get(letter) or _OTHERS.get(letter, ""))
    return "".join(heard)
