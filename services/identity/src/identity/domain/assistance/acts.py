"""What somebody may let another do for them: an act, in words of both languages and in scopes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from identity.domain.clients.client import SCOPE
from identity.domain.people.definitions import InvalidDefinition

ACT_CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")
# What one thing is named by: a biller, a type of application, one bill. Long ones are ids of ours, shown by their end.
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
LONGEST_SHOWN = 24
# What fits into one message beside the rest, and what somebody reads to its end at a counter.
LONGEST_TEXT = 80
MAX_SCOPES = 12
# No number of a person, a bill or an account has fewer digits; in a message to a phone none has a place.
_LONG_NUMBER = re.compile(r"(?:\d[\s.\-–]*){7}")


@dataclass(frozen=True, kw_only=True)
class Doing:
    """One thing that an act comes to, under the name (`type`) that the service which does it has for it.

    `identifier` is what it is about where the list says so itself; None: who asks has to name it. With `costs` who asks
    has to name how much at most. `once`: it may be done one time.
    """

    type: str
    identifier: str | None = None
    costs: bool = False
    once: bool = False


@dataclass(frozen=True, kw_only=True)
class Act:
    """What is to be done. `code` names one of the closed list; None for one that a client brings in its own words.
    `doings` bound it (ADR 0057); without any it is bound by its scopes and by time alone."""

    code: str | None = None
    text: str
    text_hi: str
    scopes: frozenset[str]
    doings: tuple[Doing, ...] = ()

    def __post_init__(self) -> None:
        problems = []
        if self.code is not None and not ACT_CODE.fullmatch(self.code):
            problems.append("the code of an act must look like pay-bill")
        if not 0 < len(self.scopes) <= MAX_SCOPES or not all(SCOPE.fullmatch(scope) for scope in self.scopes):
            problems.append(f"an act needs 1 to {MAX_SCOPES} scopes such as payments:write")
        if not all(0 < len(text) <= LONGEST_TEXT for text in (self.text, self.text_hi)):
            problems.append(f"the texts of an act have 1 to {LONGEST_TEXT} characters")
        if not all(ACT_CODE.fullmatch(doing.type) for doing in self.doings):
            problems.append("the type of what an act comes to must look like payment")
        if len({doing.type for doing in self.doings}) < len(self.doings):
            problems.append("an act comes to one thing of a type")
        if problems:
            raise InvalidDefinition(problems)

    @property
    def takes_identifier(self) -> bool:
        """Whether who asks names what it is about."""
        return any(doing.identifier is None for doing in self.doings)

    @property
    def takes_amount(self) -> bool:
        """Whether who asks names how much it may cost."""
        return any(doing.costs for doing in self.doings)

    @property
    def is_once(self) -> bool:
        """Whether all of it may be done one time."""
        return bool(self.doings) and all(doing.once for doing in self.doings)


def shown_identifier(identifier: str) -> str:
    """As people read it: one of our long ids by the end that stands on a screen or a slip."""
    return identifier if len(identifier) <= LONGEST_SHOWN else f"…{identifier[-6:]}"


def has_long_number(text: str) -> bool:
    """Whether there are seven digits in a row, spaces and hyphens between them left out."""
    return _LONG_NUMBER.search(text) is not None


def described_otherwise(scopes: Iterable[str], listed: Mapping[str, Act]) -> list[str]:
    """Which of the scopes the list has words for already: a client may not ask for them in words of its own."""
    known = {scope for act in listed.values() for scope in act.scopes}
    return sorted(known.intersection(scopes))
