"""What somebody does with a case, and how it is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date, datetime
from typing import Any

from revenue_courts.domain.case import Act, Actor, Defect, Hearing, Office, RecordAway, State
from revenue_courts.domain.case_kinds import Form
from revenue_courts.domain.evidence import Offered
from revenue_courts.domain.filing import Filing
from revenue_courts.domain.notice import Notice, NoticeOrder, ServiceOutcome, ServiceReport
from revenue_courts.domain.vakalatnama import Appearance, AppearanceEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """To which court a case goes."""

    court_code: str


Matter = Appearance | AppearanceEnd | NoticeOrder | ServiceReport | Offered | Transfer | RecordAway


class NotNow(Exception):
    """The act is not one of what may be done in this state."""


class NotYours(Exception):
    """The act is another office's; `offices` says whose."""

    def __init__(self, offices: frozenset[Office]) -> None:
        super().__init__(offices)
        self.offices = offices


class NotThatDay(Exception):
    """No hearing can be on that day; `code` says why, `closed_en` and `closed_hi` name the holiday."""

    def __init__(self, code: str, closed_en: str = "", closed_hi: str = "") -> None:
        super().__init__(code)
        self.code, self.closed_en, self.closed_hi = code, closed_en, closed_hi


class NotHeardYet(Exception):
    """The day of the hearing has not come, so nothing can have been heard."""


class DoesNotFit(Exception):
    """What is brought does not fit the case; `pointer` is where, as a JSON pointer into the matter, `code` why."""

    def __init__(self, pointer: str, code: str) -> None:
        super().__init__(pointer, code)
        self.pointer, self.code = pointer, code


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does. Of the members from `filing` on, an act uses those that are its own; `number` is given to a
    registration in its transaction. `matter` is what some acts bring that is a value of its own; `notice` the one that
    it names, None where there is none of that number, and `outcome` what its code stands for; `form` is the form of the
    case's kind. `event_ids` are for what is told, at most two.
    """

    act: Act
    by: Actor
    at: datetime
    event_ids: tuple[str, str]
    filing: Filing | None = None
    defects: tuple[Defect, ...] = ()
    cure_by: date | None = None
    number: str | None = None
    on: date | None = None
    purpose: str | None = None
    code: str | None = None
    text: str | None = None
    matter: Matter | None = None
    notice: Notice | None = None
    outcome: ServiceOutcome | None = None
    form: Form | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The state after, the members of the case that change, the hearings and notices that do, and what is told: the
    event's type with the facts beside the case's.
    """

    state: State
    members: Mapping[str, Any] = field(default_factory=dict)
    _: KW_ONLY
    hearings: tuple[Hearing, ...] = ()
    notices: tuple[Notice, ...] = ()
    told: Sequence[tuple[str, Mapping[str, str | None]]] = ()
