"""How the state is divided on a day: divisions and districts come and go by orders, and none loses what it had.

The 33 districts of the Census of 2011 were never ended; younger ones were made of them, and some were annulled. What is
written under a district that has gone is its successors' from the day it went.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date


class TerritoryFactsError(ValueError):
    """The file of the territory contradicts itself; the message names the place and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Order:
    """By what something came or went, named in both languages; `begins` is its first day."""

    id: str
    name: str
    name_hi: str
    begins: date


@dataclass(frozen=True, slots=True)
class Term:
    """Since when and until when something is: None where no order made or ended it. The last day is exclusive."""

    made_by: Order | None = None
    ended_by: Order | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it was there on that day."""
        begun = self.made_by is None or self.made_by.begins <= day
        return begun and (self.ended_by is None or day < self.ended_by.begins)


@dataclass(frozen=True, slots=True)
class Division:
    """A division; while it is there it has the districts that it `took` from others, beside those that name it."""

    code: str
    name_hi: str
    term: Term
    took: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Area:
    """A district over time. `parents` and `successors` have the one of its headquarters first.

    `code` is the LGD code, and a word in its place where that is not known.
    """

    code: str
    name_en: str
    name_hi: str
    division: str
    term: Term = Term()
    parents: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()

    @property
    def is_younger(self) -> bool:
        """Whether it was made after the 33."""
        return bool(self.parents)


@dataclass(frozen=True)
class State:
    """The state as a whole; what was before `known_from` is not told."""

    lgd_code: str
    name_en: str
    name_hi: str
    known_from: date


class Territory:
    """Divisions and districts by day. Raises TerritoryFactsError for facts that contradict themselves."""

    def __init__(self, state: State, divisions: Iterable[Division], areas: Iterable[Area]) -> None:
        self.state = state
        self._divisions = tuple(divisions)
        self._areas: Mapping[str, Area] = {area.code: area for area in areas}
        divisions_there = {division.code for division in self._divisions}
        for area in self._areas.values():
            if area.division not in divisions_there:
                raise TerritoryFactsError(f"{area.code}: there is no division {area.division}.")
            if unknown := {*area.parents, *area.successors} - self._areas.keys():
                raise TerritoryFactsError(f"{area.code}: there is no district {', '.join(sorted(unknown))}.")
            if (area.term.ended_by is None) != (not area.successors):
                raise TerritoryFactsError(f"{area.code}: what ends has successors, and nothing else has.")
            if (area.term.made_by is None) != (not area.parents):
                raise TerritoryFactsError(f"{area.code}: what was made has parents, and nothing else has.")
        for area in self._areas.values():
            for order, others in ((area.term.made_by, area.parents), (area.term.ended_by, area.successors)):
                gone = [code for code in others if order and not self._areas[code].term.holds_on(order.begins)]
                if gone:
                    raise TerritoryFactsError(f"{area.code}: {', '.join(gone)} is not there to give or to take.")

    def area(self, code: str) -> Area | None:
        """The district with this code, whether it is there today or not."""
        return self._areas.get(code)

    def areas_on(self, day: date) -> list[Area]:
        """The districts of that day, by English name."""
        return sorted((a for a in self._areas.values() if a.term.holds_on(day)), key=lambda area: area.name_en)

    def divisions_on(self, day: date) -> list[Division]:
        """The divisions of that day, by code."""
        return sorted((d for d in self._divisions if d.term.holds_on(day)), key=lambda division: division.code)

    def division_of(self, area: Area, day: date) -> str:
        """The code of the division in which a district of that day lies."""
        return next((d.code for d in self.divisions_on(day) if area.code in d.took), area.division)

    def heirs(self, code: str, day: date) -> list[str]:
        """The districts that answer on that day for what is written under `code`, the one of the headquarters first.

        The district itself while it is there, its parents before it was made, its successors after it went; so that a
        case always has officers. None for a code that no district ever had.
        """
        area = self._areas.get(code)
        if area is None:
            return []
        if area.term.holds_on(day):
            return [code]
        begun = area.term.made_by is None or area.term.made_by.begins <= day
        lines = [self.heirs(other, day) for other in (area.successors if begun else area.parents)]
        return list(dict.fromkeys(heir for line in lines for heir in line))

    def answered_by(self, codes: Collection[str], day: date) -> frozenset[str]:
        """Everything that officers of these districts answer for on that day: theirs, and what they took over."""
        return frozenset(codes) | {code for code in self._areas if not set(self.heirs(code, day)).isdisjoint(codes)}

    def rebased(self, counts: Mapping[str, int], day: date) -> dict[str, int]:
        """Counts by district, of whatever day, as counts by the districts of that day; the sum stays.

        What was counted under a district that is not there goes to where its headquarters lay. What was counted under
        one that lost land stays with it: which part of it went is not known of a count.
        """
        shown = {area.code: 0 for area in self.areas_on(day)}
        for code, count in counts.items():
            heirs = self.heirs(code, day)
            key = heirs[0] if heirs else code
            shown[key] = shown.get(key, 0) + count
        return shown
