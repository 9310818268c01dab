"""A case against a centre, how the centre stands, and the line of the case's history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.running.centre import Actor


class Source(StrEnum):
    """What a case was opened from."""

    RECEIPT = "receipt"
    OFFICER = "officer"
    INSPECTION = "inspection"


class State(StrEnum):
    """What it waits for; an ENDED one for nothing."""

    OPEN = "OPEN"
    NOTICED = "NOTICED"
    REPLIED = "REPLIED"
    DECIDED = "DECIDED"
    APPEALED = "APPEALED"
    ENDED = "ENDED"


class Act(StrEnum):
    """What is done with a case; BECOME_FINAL and END_SUSPENSION happen by themselves."""

    OPEN = "open"
    ADD_EVIDENCE = "add_evidence"
    GIVE_NOTICE = "give_notice"
    REPLY = "reply"
    SUSPEND_AT_ONCE = "suspend_at_once"
    CONFIRM_SUSPENSION = "confirm_suspension"
    LIFT_SUSPENSION = "lift_suspension"
    DECIDE = "decide"
    ACCEPT = "accept"
    APPEAL = "appeal"
    UPHOLD_APPEAL = "uphold_appeal"
    DISMISS_APPEAL = "dismiss_appeal"
    BECOME_FINAL = "become_final"
    END_SUSPENSION = "end_suspension"


class Outcome(StrEnum):
    """What is decided. PUNISHED is what a slab sets; CLOSED ends the centre, by an order that the decision names."""

    DISMISSED = "dismissed"
    WARNED = "warned"
    PUNISHED = "punished"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for the case. `photographs` are SHA-256 of pictures; `facts` those of a receipt or an inspection."""

    at: datetime
    by: Actor
    text: str
    photographs: tuple[str, ...]
    place: Place | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided, by whom, by which order.

    `times` is for which time the centre is found to have done it, this one counted. `slab` and the figures are those of
    the slab on that day; `lsp_paise` is the provider's part of `penalty_paise`, the rest is the centre's.
    """

    outcome: Outcome
    by: Actor
    at: datetime
    remarks: str
    times: int
    slab: str | None = None
    order: str | None = None
    penalty_paise: int | None = None
    lsp_paise: int = 0
    suspension_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as it is now.

    `source_id` is the report's or the inspection's; `observed_on` the day of the offence, by whose rules it is judged.
    `appeal_until` and `reply_until` are the last instants for either.
    `was_suspended_at_once`: that is done once in a case. A decision that was `overturned` counts for nothing.
    `penalty_id` is set when a penalty was imposed.
    """

    id: str
    kiosk_id: str
    district_code: str
    lsp_id: str
    offence: str
    source: Source
    source_id: str | None
    observed_on: date
    opened_at: datetime
    opened_by: Actor
    state: State
    evidence: tuple[Evidence, ...]
    updated_at: datetime
    version: int = 1
    reply_until: datetime | None = None
    was_suspended_at_once: bool = False
    decision: Decision | None = None
    appeal_until: datetime | None = None
    overturned: bool = False
    penalty_id: str | None = None


class SuspensionKind(StrEnum):
    """Why a centre is suspended: AT_ONCE until somebody else confirms it, or by decision."""

    AT_ONCE = "at_once"
    CONFIRMED = "confirmed"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A centre may not trade. It ends by itself at `until`."""

    case_id: str
    kind: SuspensionKind
    by_person: str | None
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a centre stands. `suspension` is None for one that is not suspended, or was so before there were cases."""

    kiosk_id: str
    status: Status
    version: int
    suspension: Suspension | None = None


@dataclass(frozen=True, slots=True)
class Stood:
    """How a centre stands after an act, and the slug of why: what is told of it follows from the status."""

    standing: Standing
    reason: str


@dataclass(frozen=True, slots=True)
class Penalty:
    """A penalty that is final. Paise; the two parts together are what the order sets."""

    penalty_id: str
    kiosk_paise: int
    lsp_paise: int
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """Who did what when and why; one for each version, never changed. `facts` are plain values."""

    case_id: str
    version: int
    act: Act
    at: datetime
    by: Actor
    state_before: State | None
    state_after: State
    remarks: str | None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """A case after an act, the line of its history, and what of the centre changes with it."""

    case: Case
    line: CaseLine
    stood: Stood | None = None
    penalty: Penalty | None = None
