"""What the use cases of standing need from outside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from certificates.domain.sla.desk_health import DeskDelayed, DeskHealth


@dataclass(frozen=True)
class Desk:
    """One step of a type in one district (LGD code): the office that decides it."""

    type_code: str
    step: str
    district_code: str


@dataclass(frozen=True)
class Median:
    """How many working days a desk took for half of its `decisions` or fewer; computed at `as_of`."""

    working_days: float
    decisions: int
    as_of: datetime


class DeskHealths(Protocol):
    """The health of each desk as it was measured last."""

    def all(self) -> Iterable[DeskHealth]:
        """Every desk at which something waited or was decided lately, or that was told of."""

    def put(self, health: DeskHealth, event: DeskDelayed | None, request_id: str) -> bool:
        """Writes it over a measurement that told as much before, with the event; whether the event was written."""

    def of(self, district_code: str | None, department: str | None) -> Sequence[DeskHealth]:
        """Those of a district and of a department; None leaves it out of account."""


class DeskTimes(Protocol):
    """How long desks took for each decision, and the summary that is made of it."""

    def counts(self, since: datetime) -> Iterable[tuple[Desk, Mapping[int, int]]]:
        """Of each desk that decided since then, how many decisions took how many working days."""

    def summarise(self, medians: Mapping[Desk, Median], as_of: datetime) -> None:
        """Keeps these medians in place of all that were computed before `as_of`."""

    def by_officer(self, since: datetime) -> Iterable[tuple[Desk, dict[str, int]]]:
        """Of each desk that decided since then, how many decisions each officer made."""

    def median(self, desk: Desk) -> Median | None:
        """The desk's median as it was computed last; None when it decided nothing in that time."""
