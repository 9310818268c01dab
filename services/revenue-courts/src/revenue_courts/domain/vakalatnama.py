"""Who appears for whom: an advocate's power to act for parties of a case."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """A vakalatnama as it is filed. `parties` are places in the filing, counted from 1; `enrolment` is the advocate's
    number at the Bar Council; `sha256` is of the signed paper.
    """

    advocate: str
    enrolment: str
    parties: tuple[int, ...]
    sha256: str
    begins: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Vakalatnama:
    """The `no`-th of a case, counted from 1. `ends` is the last day, None while it is in force."""

    no: int
    appearance: Appearance
    ends: date | None = None

    def is_in_force_on(self, day: date) -> bool:
        """Whether the advocate appears on that day."""
        return self.appearance.begins <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearanceEnd:
    """The `no`-th vakalatnama ends: `ends` is its last day."""

    no: int
    ends: date
