"""An application for a centre: what it says, where it stands, and the history of how it got there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind


class State(StrEnum):
    """What it waits for, or how it ended."""

    LSP_RECOMMENDATION = "LSP_RECOMMENDATION"
    FIELD_VERIFICATION = "FIELD_VERIFICATION"
    EXAMINATION = "EXAMINATION"
    APPROVAL = "APPROVAL"
    DEVICE_BINDING = "DEVICE_BINDING"
    ACTIVE = "ACTIVE"
    SENT_BACK = "SENT_BACK"
    REJECTED = "REJECTED"
    APPEALED = "APPEALED"
    WITHDRAWN = "WITHDRAWN"


class Act(StrEnum):
    """What somebody did."""

    SUBMIT = "submit"
    RECOMMEND = "recommend"
    VERIFY = "verify"
    EXAMINE = "pass_examination"
    APPROVE = "approve"
    BIND_DEVICE = "bind_device"
    SEND_BACK = "send_back"
    REJECT = "reject"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    APPEAL = "appeal"
    UPHOLD_APPEAL = "uphold_appeal"
    DISMISS_APPEAL = "dismiss_appeal"


class Office(StrEnum):
    """As what somebody acts; the values are the roles of tokens."""

    APPLICANT = "citizen"
    LSP = "lsp"
    DISTRICT = "district_admin"
    STATE = "state_admin"


ENDED = frozenset({State.REJECTED, State.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something."""

    person_id: str
    office: Office


@dataclass(frozen=True, slots=True)
class Premises:
    """Where the centre is to be. `photographs` are SHA-256 of the pictures that the LSP keeps, by what they show."""

    address: str
    pin: str
    place: Place
    kind: Kind
    photographs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the applicant says. `date_of_birth`, `education` and the premises' address are personal data."""

    name_en: str
    name_hi: str
    district_code: str
    lsp_id: str
    date_of_birth: date
    education: str
    is_resident: bool
    documents: frozenset[str]
    equipment: frozenset[str]
    premises: Premises


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An application as it is now.

    `returns_to` is the step that sent it back or rejected it; `refused_at` when, `refused_by` who. `appeals` counts
    those made. `people` has who did each step that was passed, `kiosk_id` and `device_id` are set when it is ACTIVE.
    """

    id: str
    transaction_token: str
    client_id: str
    person_id: str
    form: Form
    rules_from: date
    state: State
    submitted_at: datetime
    updated_at: datetime
    version: int = 1
    returns_to: State | None = None
    refused_at: datetime | None = None
    refused_by: str | None = None
    appeals: int = 0
    people: Mapping[str, str]
    kiosk_id: str | None = None
    device_id: str | None = None

    @property
    def district_code(self) -> str:
        """LGD code of the district that it is written under."""
        return self.form.district_code

    @property
    def lsp_id(self) -> str:
        """The provider that the applicant chose."""
        return self.form.lsp_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """Who did what when and why; one for each version, never changed. `facts` are what was seen: plain values."""

    opening_id: str
    version: int
    act: Act
    at: datetime
    by: Actor
    state_before: State | None
    state_after: State
    reason: str | None = None
    remarks: str | None = None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Submitted:
    """It was lodged."""

    type: ClassVar[str] = "opening.submitted.v1"

    event_id: str
    opening: Opening


@dataclass(frozen=True, slots=True)
class Moved:
    """It came to another state; `reason` where it was refused."""

    type: ClassVar[str] = "opening.moved.v1"

    event_id: str
    opening: Opening
    act: Act
    reason: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """An opening after an act, the line of its history, and what is told."""

    opening: Opening
    entry: HistoryEntry
    event: Submitted | Moved
