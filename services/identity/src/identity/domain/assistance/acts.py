"""What somebody may let another do for them: an act, in words of both languages and in scopes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from identity.domain.clients.client import SCOPE
from identity.domain.people.definitions import InvalidDefinition

ACT_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
# What fits into one message beside the rest, and what somebody reads to its end at a counter.
LONGEST_TEXT = 80
MAX_SCOPES = 12
# No number of a person, a bill or an account has fewer digits; in a message to a phone none has a place.
_LONG_NUMBER = re.compile(r"(?:\d[\s.\-–]*){7}")


@dataclass(frozen=True, kw_only=True)
class Act:
    """What is to be done. `code` names one of the closed list; None for one that a client brings in its own words."""

    code: str | None = None
    text: str
    text_hi: str
    scopes: frozenset[str]

    def __post_init__(self) -> None:
        problems = []
        if self.code is not None and not ACT_CODE.fullmatch(self.code):
            problems.append("the code of an act must look like pay-bill")
        if not 0 < len(self.scopes) <= MAX_SCOPES or not all(SCOPE.fullmatch(scope) for scope in self.scopes):
            problems.append(f"an act needs 1 to {MAX_SCOPES} scopes such as payments:write")
        if not all(0 < len(text) <= LONGEST_TEXT for text in (self.text, self.text_hi)):
            problems.append(f"the texts of an act have 1 to {LONGEST_TEXT} characters")
        if problems:
            raise InvalidDefinition(problems)


def has_long_number(text: str) -> bool:
    """Whether there are seven digits in a row, spaces and hyphens between them left out."""
    return _LONG_NUMBER.search(text) is not None


def described_otherwise(scopes: Iterable[str], listed: Mapping[str, Act]) -> list[str]:
    """Which of the scopes the list has words for already: a client may not ask for them in words of its own."""
    known = {scope for act in listed.values() for scope in act.scopes}
    return sorted(known.intersection(scopes))
