"""A summons or a notice to one party, and what became of it. Addresses are personal data: never log them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from revenue_courts.domain.label import Label


class NoticeKind(StrEnum):
    """A summons calls a party before the court for the first time, a notice afterwards."""

    SUMMONS = "summons"
    NOTICE = "notice"


class Mode(StrEnum):
    """By what way it goes."""

    POST = "post"
    MESSAGE = "message"
    PROCESS_SERVER = "process-server"


class Status(StrEnum):
    """Where a notice is. `REPLACED`: another was sent before it was known what became of this one."""

    OUT = "OUT"
    SERVED = "SERVED"
    NOT_SERVED = "NOT_SERVED"
    REPLACED = "REPLACED"


@dataclass(frozen=True, slots=True)
class ServiceOutcome:
    """What may be reported of a notice: whether it counts as served, by which ways it can come about, and whether the
    presiding officer alone can say so.
    """

    label: Label
    served: bool
    modes: frozenset[Mode]
    by_the_bench: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOrder:
    """Notices to be sent. `parties` are places in the filing, counted from 1. `address` stands in place of the one in
    the filing, and `instead_of` is the number of the notice that this one is sent again for; both are for one party
    alone. `codes` has a secret for each party, printed on its notice: with it the party follows the case.
    """

    kind: NoticeKind
    mode: Mode
    parties: tuple[int, ...]
    codes: tuple[str, ...]
    address: str | None = None
    instead_of: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """What became of notice `no`: `outcome` is a code. Of a process server `position` (degrees, longitude first) and
    the hash of the photograph that was taken there.
    """

    no: int
    outcome: str
    on: date
    position: tuple[float, float] | None = None
    photo_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The `no`-th of a case, counted from 1, for the hearing `hearing_no`. `joined`: somebody used its secret."""

    no: int
    party: int
    hearing_no: int
    kind: NoticeKind
    mode: Mode
    address: str
    code: str
    issued_on: date
    instead_of: int | None = None
    status: Status = Status.OUT
    report: ServiceReport | None = None
    joined: bool = False
