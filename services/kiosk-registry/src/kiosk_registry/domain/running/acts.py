"""Which acts change a centre that trades, and whose they are: a table, and the rules beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kiosk_registry.domain.register.centres import Status
from kiosk_registry.domain.register.hours import Interval
from kiosk_registry.domain.running.centre import (
    Act,
    Actor,
    Asked,
    Change,
    HistoryLine,
    Office,
    RunningCentre,
    Site,
    Surrendered,
)

RUNNERS = frozenset({Office.OPERATOR, Office.LSP})
# What those who run it do by themselves at any time, and what they ask the district for, one thing at a time.
THEIR_OWN = (Act.SET_HOURS, Act.SET_SERVICES)
ASKED_FOR = (Act.ASK_PREMISES, Act.ASK_CLOSURE)


class NotNow(Exception):
    """The act is not one of what may be done with the centre as it stands."""


class NotYours(Exception):
    """The act is other offices'; `offices` says whose."""

    def __init__(self, offices: frozenset[Office]) -> None:
        super().__init__(offices)
        self.offices = offices


class SamePerson(Exception):
    """Whoever asked does not decide."""


def allowed(centre: RunningCentre) -> dict[Act, frozenset[Office]]:
    """What may be done with it now, and by whom. A centre that does not trade is changed by no act of these."""
    if centre.status is not Status.ACTIVE:
        return {}
    acts = dict.fromkeys(THEIR_OWN, RUNNERS)
    if centre.asked is None:
        return acts | dict.fromkeys(ASKED_FOR, RUNNERS)
    district = frozenset({Office.DISTRICT})
    return acts | {Act.APPROVE: district, Act.REFUSE: district, Act.TAKE_BACK: RUNNERS}


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody does. `hours`, `services` and `site` are those of their acts; `facts` what was seen."""

    act: Act
    by: Actor
    at: datetime
    event_id: str
    reason: str | None = None
    remarks: str | None = None
    hours: tuple[Interval, ...] | None = None
    services: tuple[str, ...] | None = None
    site: Site | None = None
    facts: Mapping[str, Any]


def require_allowed(centre: RunningCentre, act: Act, by: Actor) -> None:
    """Raises NotNow, NotYours, SamePerson."""
    acts = allowed(centre)
    if act not in acts:
        raise NotNow
    if by.office not in acts[act]:
        raise NotYours(acts[act])
    if act in (Act.APPROVE, Act.REFUSE) and centre.asked and by.person_id == centre.asked.by.person_id:
        raise SamePerson


def change(centre: RunningCentre, deed: Deed) -> Change:
    """The centre after the deed. Raises NotNow, NotYours, SamePerson; then nothing happened."""
    require_allowed(centre, deed.act, deed.by)
    changed = replace(_changed(centre, deed), version=centre.version + 1)
    line = HistoryLine(
        kiosk_id=centre.kiosk_id,
        version=changed.version,
        act=deed.act,
        at=deed.at,
        by=deed.by,
        reason=deed.reason,
        remarks=deed.remarks,
        facts=deed.facts,
    )
    closed = changed.status is Status.CLOSED
    return Change(changed, line, Surrendered(deed.event_id, deed.at) if closed else None)


def _changed(centre: RunningCentre, deed: Deed) -> RunningCentre:
    match deed.act:
        case Act.SET_HOURS:
            return replace(centre, hours=deed.hours)
        case Act.SET_SERVICES:
            return replace(centre, services=deed.services)
        case Act.ASK_PREMISES | Act.ASK_CLOSURE:
            return replace(centre, asked=Asked(act=deed.act, by=deed.by, at=deed.at, site=deed.site))
        case Act.APPROVE:
            site = centre.asked.site if centre.asked else None
            if site is None:
                return replace(centre, asked=None, status=Status.CLOSED)
            return replace(centre, asked=None, place=site.place, pin=site.pin, kind=site.kind)
        case _:
            return replace(centre, asked=None)
