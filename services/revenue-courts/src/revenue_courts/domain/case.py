"""A case: where it is, what happened to it, and what is told of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from revenue_courts.domain.evidence import Evidence
from revenue_courts.domain.filing import Filing
from revenue_courts.domain.label import Label
from revenue_courts.domain.notice import Notice
from revenue_courts.domain.vakalatnama import Vakalatnama


class State(StrEnum):
    """Where a case is."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    DEFECTIVE = "DEFECTIVE"
    REGISTERED = "REGISTERED"
    LISTED = "LISTED"
    RESERVED = "RESERVED"
    DISPOSED = "DISPOSED"


class Act(StrEnum):
    """What somebody does with a case."""

    BEGIN = "begin"
    REVISE = "revise"
    SUBMIT = "submit"
    RAISE_DEFECTS = "raise-defects"
    REGISTER = "register"
    SCHEDULE = "schedule"
    HEAR = "hear"
    ADJOURN = "adjourn"
    PASS_INTERIM_ORDER = "pass-interim-order"  # noqa: S105 - an act, no password
    RESERVE = "reserve"
    DISPOSE = "dispose"
    APPEAR = "appear"
    END_APPEARANCE = "end-appearance"
    HOLD_IN_CAMERA = "hold-in-camera"
    HOLD_IN_PUBLIC = "hold-in-public"
    ISSUE_NOTICES = "issue-notices"
    RECORD_SERVICE = "record-service"
    JOIN = "join"
    TAKE_EVIDENCE = "take-evidence"
    DRAW_DECREE = "draw-decree"
    RESTORE = "restore"
    TRANSFER = "transfer"
    SEND_RECORD = "send-record"
    RETURN_RECORD = "return-record"


class Office(StrEnum):
    """Whose an act is."""

    FILER = "filer"
    READER = "reader"
    PRESIDING_OFFICER = "presiding-officer"
    PROCESS_SERVER = "process-server"
    PARTY = "party"
    HIGHER_COURT = "higher-court"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it. `id` is the person, or the client where no person acts; `post` is an officer's on that day."""

    id: str
    office: Office
    post: Label | None = None


class Outcome(StrEnum):
    """What became of a hearing."""

    LISTED = "listed"
    HELD = "held"
    ADJOURNED = "adjourned"
    VACATED = "vacated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """The `no`-th hearing of a case, counted from 1; `purpose` is a code. It is before the court and under
    the number that the case had then. `noticed` are the parties that were called to
    it, by their places in the filing, `served` those of them whom the call reached by its day.
    """

    no: int
    on: date
    purpose: str
    court_code: str
    case_number: str
    outcome: Outcome = Outcome.LISTED
    noticed: frozenset[int] = frozenset()
    served: frozenset[int] = frozenset()

    @property
    def all_served(self) -> bool:
        """Whether parties were called, and the call reached each of them."""
        return bool(self.noticed) and self.noticed <= self.served


@dataclass(frozen=True, slots=True)
class Defect:
    """What scrutiny objects to: a code, and what exactly."""

    code: str
    remarks: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAway:
    """The record is with another court, for the case there that is against this one's order."""

    court_code: str
    case_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`court_code` is the court before which it is now, the filing's until it is transferred. `number` is given at
    registration, and another one by the court to which it goes; the `former_numbers` stay its own. `hearing` is the
    one that is listed, or was last. `forget_at`: a draft that nobody submits goes then. `in_camera`: nobody but the
    court and the parties sees it. `joined` has the people who follow it as a party, each with the party's place in the
    filing. `events_told` counts what was published of it.
    """

    id: str
    transaction_token: str
    client_id: str
    kiosk_id: str | None
    person_id: str | None
    assistance_id: str | None
    agreed_once: str | None
    filing: Filing
    court_code: str
    state: State
    version: int
    begun_at: datetime
    updated_at: datetime
    forget_at: datetime | None
    filed_at: datetime | None = None
    defects: tuple[Defect, ...] = ()
    cure_by: date | None = None
    number: str | None = None
    registered_at: datetime | None = None
    hearing: Hearing | None = None
    disposal: str | None = None
    in_camera: bool = False
    vakalatnamas: tuple[Vakalatnama, ...] = ()
    notices_issued: int = 0
    joined: Mapping[str, int] = field(default_factory=dict)
    former_numbers: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    decreed_at: datetime | None = None
    record_away: RecordAway | None = None
    events_told: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One act: who, when, why. `code` is of the list that the act chooses from, `text` what was recorded, `on` the day
    that was set.
    """

    case_id: str
    version: int
    act: Act
    at: datetime
    by: Actor
    state_before: State | None
    state_after: State
    code: str | None = None
    text: str | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is published: `type` with its version, `sequence` among those of the case, and facts beside the case's."""

    event_id: str
    type: str
    sequence: int
    facts: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Change:
    """A case after an act and as it was `before`, its line, the hearings and notices that changed, and what is told."""

    case: Case
    entry: HistoryEntry
    hearings: tuple[Hearing, ...] = ()
    notices: tuple[Notice, ...] = ()
    told: tuple[Told, ...] = field(default=())
    before: Case | None = None


FILED, REGISTERED, SCHEDULED, PASSED, DISPOSED = (
    "case.filed.v1",
    "case.registered.v1",
    "hearing.scheduled.v1",
    "order.passed.v1",
    "case.disposed.v1",
)
