"""What can be done at a centre, and finding it by the words that people have for it."""

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from portal.application import spelling
from portal.application.ports import Answer, Platform

# The fee of an application is paid like a bill, but nobody looks for it: it is on the application.
APPLICATION_FEE = "APPLICATION_FEE"
# What fits half as well as the best is not what was meant ("praman patra" is in the name of every certificate).
_LEAST_SHARE_OF_THE_BEST = 0.5
# A question longer than this is not one.
MOST_WORDS = 12


@dataclass(frozen=True)
class Entry:
    """One thing that can be done: `kind` is certificate or bill, `names` are in both languages.

    `group` is the certificate's own code, or the category of the bill. `answer` is what the platform lists it with.
    """

    kind: str
    code: str
    group: str
    names: Mapping[str, str]
    answer: Answer


@dataclass(frozen=True)
class CatalogueReader:
    """Reads what can be done."""

    platform: Platform

    def entries(self) -> Sequence[Entry]:
        """Everything, certificates first. Raises as Platform does."""
        certificates = [
            Entry("certificate", known["application_type"], known["application_type"], known["title"], known)
            for known in self.platform.application_types()
        ]
        bills = [
            Entry("bill", known["biller_id"], known["category"], {"en": known["name"], "hi": known["name_hi"]}, known)
            for known in self.platform.billers()
            if known["category"] != APPLICATION_FEE
        ]
        return [*certificates, *bills]

    def search(self, question: str) -> Sequence[Entry]:
        """What the question may mean, the likeliest first; nothing when no word of it is known.

        A word counts the more, the fewer entries have it; words that none has ("banwana hai") count nothing.
        """
        entries = self.entries()
        known = [_words_of(entry) for entry in entries]
        entries_with = Counter(word for words in known for word in words)
        weights = {word: math.log(1 + len(entries) / count) for word, count in entries_with.items()}
        asked = spelling.words(question)[:MOST_WORDS]
        scores = [sum(_best(word, words, weights) for word in asked) for words in known]
        least = max(scores, default=0.0) * _LEAST_SHARE_OF_THE_BEST
        ranked = sorted(zip(scores, entries, strict=True), key=lambda scored: -scored[0])
        return [entry for score, entry in ranked if score > 0 and score >= least]


def _best(asked: str, words: frozenset[str], weights: Mapping[str, float]) -> float:
    return max((weights[word] * spelling.likeness(asked, word) for word in words), default=0.0)


def _words_of(entry: Entry) -> frozenset[str]:
    words: set[str] = set()
    for text in (*entry.names.values(), entry.code, *_other_words()[entry.kind], *_other_words()[entry.group]):
        spelt = spelling.words(text)
        # Many write two words as one: "moolniwas".
        words |= {*spelt, *map("".join, pairwise(spelt))}
    return frozenset(words)


@cache
def _other_words() -> Mapping[str, Sequence[str]]:
    text = (files("portal") / "data" / "search_words.toml").read_text(encoding="utf-8")
    return defaultdict(list, tomllib.loads(text))
