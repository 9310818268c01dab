"""A centre that trades, what somebody asked to have changed, and the line of its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from kiosk_registry.domain.places.districts import Place
from kiosk_registry.domain.register.centres import Kind, Status
from kiosk_registry.domain.register.hours import Interval


class Act(StrEnum):
    """What is done with a centre; IMPORT is of a file of the register, which goes around no decision, and the last
    three are of cases against it.
    """

    SET_HOURS = "set_hours"
    SET_SERVICES = "set_services"
    ASK_PREMISES = "ask_premises"
    ASK_CLOSURE = "ask_closure"
    APPROVE = "approve"
    REFUSE = "refuse"
    TAKE_BACK = "take_back"
    IMPORT = "import"
    SUSPEND = "suspend"
    REINSTATE = "reinstate"
    CLOSE = "close"


class Office(StrEnum):
    """As what somebody acts; the values are the roles of tokens, but for the keepers of the register, and for what
    happens by itself.
    """

    OPERATOR = "operator"
    LSP = "lsp"
    DISTRICT = "district_admin"
    STATE = "state_admin"
    REGISTER = "register_keeper"
    CLOCK = "by_itself"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something; a file names nobody."""

    person_id: str | None
    office: Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Other premises. `photographs` are SHA-256 of the pictures that the provider keeps, by what they show."""

    pin: str
    place: Place
    kind: Kind
    photographs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What waits for the district's decision: `act` is ASK_PREMISES, with the site, or ASK_CLOSURE."""

    act: Act
    by: Actor
    at: datetime
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCentre:
    """A centre as it is now; `hours`, `services` and `pin` are None where they are not known."""

    kiosk_id: str
    district_code: str
    lsp_id: str
    status: Status
    place: Place
    kind: Kind
    pin: str | None
    services: tuple[str, ...] | None
    hours: tuple[Interval, ...] | None
    asked: Asked | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """Who did what when and why; one for each version, never changed. `facts` are what was asked or seen: plain."""

    kiosk_id: str
    version: int
    act: Act
    at: datetime
    by: Actor
    reason: str | None = None
    remarks: str | None = None
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Surrendered:
    """It is closed for good, as its people asked."""

    type: ClassVar[str] = "kiosk.closed.v1"

    event_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """A centre after an act, the line of its history, and what is told, if others must act."""

    centre: RunningCentre
    line: HistoryLine
    event: Surrendered | None = None
