"""Courts: ten levels, and what each may hear."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from revenue_courts.domain.label import Label


class Level(StrEnum):
    """From the highest to the lowest."""

    BOARD = "board-of-revenue"
    APPELLATE_AUTHORITY = "revenue-appellate-authority"
    COMMISSIONER = "divisional-commissioner"
    ADDITIONAL_COMMISSIONER = "additional-divisional-commissioner"
    COLLECTOR = "district-collector"
    ADDITIONAL_COLLECTOR = "additional-district-collector"
    SUB_DIVISIONAL_OFFICER = "sub-divisional-officer"
    ASSISTANT_COLLECTOR = "assistant-collector"
    TEHSILDAR = "tehsildar"
    NAIB_TEHSILDAR = "naib-tehsildar"


# The ten as the Board of Revenue named them to the press on 2018-08-29, when it told of 1,330 courts.
LEVELS: Mapping[Level, Label] = {
    Level.BOARD: Label("Board of Revenue", "राजस्व मण्डल"),
    Level.APPELLATE_AUTHORITY: Label("Revenue Appellate Authority", "राजस्व अपील अधिकारी"),
    Level.COMMISSIONER: Label("Divisional Commissioner", "संभागीय आयुक्त"),
    Level.ADDITIONAL_COMMISSIONER: Label("Additional Divisional Commissioner", "अतिरिक्त संभागीय आयुक्त"),
    Level.COLLECTOR: Label("District Collector", "जिला कलेक्टर"),
    Level.ADDITIONAL_COLLECTOR: Label("Additional District Collector", "अतिरिक्त जिला कलेक्टर"),
    Level.SUB_DIVISIONAL_OFFICER: Label("Sub-Divisional Officer", "उपखण्ड अधिकारी"),
    Level.ASSISTANT_COLLECTOR: Label("Assistant Collector", "सहायक कलेक्टर"),
    Level.TEHSILDAR: Label("Tehsildar", "तहसीलदार"),
    Level.NAIB_TEHSILDAR: Label("Naib Tehsildar", "नायब तहसीलदार"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Court:
    """One court. Its `code` never changes and stands in the numbers of its cases.

    `districts` are LGD codes; none: the whole state. `tehsils` and `kinds` narrow that; none: all of them. The posts
    are English names as identity records them: who presides, who reads, and who serves its notices (none: unset, the
    reader reports). `offices` are the places of work of them all, as identity records those (none: unset; then post and
    district alone tell whose court it is). `begins` None: since before any record here; `ends` is the last day, None
    while there is none. `source` is the order that says so. `sandbox`: invented.
    """

    code: str
    level: Level
    name: Label
    districts: frozenset[str]
    tehsils: frozenset[str]
    kinds: frozenset[str]
    presiding_posts: frozenset[str]
    reader_posts: frozenset[str]
    process_posts: frozenset[str]
    offices: frozenset[str]
    begins: date | None
    ends: date | None
    source: Label
    sandbox: bool

    def is_there_on(self, day: date) -> bool:
        """Whether the court exists on that day."""
        return (self.begins is None or self.begins <= day) and (self.ends is None or day <= self.ends)

    def is_above(self, other: "Court") -> bool:
        """Whether its level is higher."""
        levels = list(Level)
        return levels.index(self.level) < levels.index(other.level)

    def serves(self, district_code: str) -> bool:
        """Whether the district is within its jurisdiction."""
        return not self.districts or district_code in self.districts

    def hears(self, kind_code: str) -> bool:
        """Whether it takes cases of this kind."""
        return not self.kinds or kind_code in self.kinds

    def covers_tehsil(self, tehsil: str) -> bool:
        """Whether land in that tehsil is within its jurisdiction; letter case does not count."""
        return not self.tehsils or tehsil.casefold() in {name.casefold() for name in self.tehsils}
