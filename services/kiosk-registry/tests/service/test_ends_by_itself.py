"""What ends by itself: suspensions, and the days of an appeal. The instant is handed in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.cases import BOOK, FINE, OPERATOR, SECOND, SUSPEND, Disciplined
from tests.support.dying import killed_at
from tests.support.openings import DISTRICT, STATE, Applying, prepared

from emitra_contracts import validate_produced
from kiosk_registry.application.discipline.end_overdue import EndOverdue
from kiosk_registry.bootstrap import KioskRegistry, bootstrap
from kiosk_registry.entrypoints.jobs import JOBS
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import published

RULES = BOOK.rules
BY_15_DAYS = {**FINE, "slab": "overcharging-1000-15-days"}


@pytest.fixture
def registry(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    return bootstrap(settings, prepared(mongo))


@pytest.fixture
def centre(settings: KioskRegistrySettings, mongo: Mongo, registry: KioskRegistry) -> Disciplined:
    applying = Applying(SERVICE.flask_app(settings, mongo, registry).test_client())
    applying.opens(applying.applies())
    return Disciplined(applying)


def told(mongo: Mongo) -> list[tuple[str, str | None]]:
    """What was told of the centre and its penalties, and why."""
    events = [event for event in published(mongo) if ".kiosk." in event["type"] or ".penalty." in event["type"]]
    for event in events:
        validate_produced(event)
    return [(event["type"].removeprefix("org.emitra."), event["data"].get("reason")) for event in events[1:]]


def after(days: float) -> datetime:
    return utc_now() + timedelta(days=days)


def test_a_suspension_at_once_that_nobody_confirms_ends_by_itself_once(
    centre: Disciplined, mongo: Mongo, registry: KioskRegistry
) -> None:
    case_id = centre.opens()
    centre.moves(DISTRICT, case_id, SUSPEND)
    assert registry.end_overdue(EndOverdue(after(RULES.confirm_days - 0.1))) == 0
    assert centre.status == "SUSPENDED"

    ended = [registry.end_overdue(EndOverdue(after(RULES.confirm_days + 0.1))) for _ in range(2)]

    assert (ended, centre.status) == ([1, 0], "ACTIVE")
    assert told(mongo) == [
        ("kiosk.suspended.v1", "rate-list-not-displayed"),
        ("kiosk.reinstated.v1", "not-confirmed"),
    ]
    line = centre.reads(STATE, case_id)["history"][-1]
    assert (line["act"], line["office"], line["person_id"]) == ("end_suspension", "by_itself", None)
    assert centre.moves(DISTRICT, case_id, SUSPEND, 409)["code"] == "centre-case-move-not-possible"


def test_a_confirmed_one_ends_too_if_nothing_is_decided(centre: Disciplined, registry: KioskRegistry) -> None:
    case_id = centre.opens()
    centre.moves(DISTRICT, case_id, SUSPEND)
    centre.moves(SECOND, case_id, {"act": "confirm_suspension", "remarks": "Seen."})

    assert registry.end_overdue(EndOverdue(after(RULES.interim_days - 0.1))) == 0
    assert registry.end_overdue(EndOverdue(after(RULES.interim_days + 0.1))) == 1
    assert centre.status == "ACTIVE"


def test_a_suspension_by_decision_ends_on_its_day_and_the_penalty_is_imposed_when_nobody_appealed(
    centre: Disciplined, mongo: Mongo, registry: KioskRegistry
) -> None:
    case_id = centre.heard(offence="overcharging")
    centre.moves(SECOND, case_id, BY_15_DAYS)

    registry.end_overdue(EndOverdue(after(14.9)))
    assert centre.status == "SUSPENDED"
    registry.end_overdue(EndOverdue(after(15.1)))
    assert centre.status == "ACTIVE"
    assert centre.reads(OPERATOR, case_id)["state"] == "DECIDED"
    registry.end_overdue(EndOverdue(after(RULES.appeal_days + 0.1)))
    registry.end_overdue(EndOverdue(after(RULES.appeal_days + 0.2)))

    assert told(mongo) == [
        ("kiosk.suspended.v1", "overcharging"),
        ("kiosk.reinstated.v1", "suspension-ended"),
        ("penalty.imposed.v1", None),
    ]
    assert centre.reads(OPERATOR, case_id)["penalty_id"]


def test_a_closure_against_which_nobody_appealed_is_carried_out_and_the_centre_trades_at_no_moment(
    centre: Disciplined, mongo: Mongo, registry: KioskRegistry
) -> None:
    case_id = centre.heard(offence="overcharging")
    close = {"act": "decide", "outcome": "closed", "order": "Order of 2026-11-01", "remarks": "Enough."}
    centre.moves(STATE, case_id, close)

    registry.end_overdue(EndOverdue(after(RULES.appeal_days + 0.1)))

    assert centre.status == "CLOSED"
    assert told(mongo) == [("kiosk.suspended.v1", "overcharging"), ("kiosk.closed.v1", "discipline")]


def test_two_workers_that_look_at_once_end_each_once(
    centre: Disciplined, mongo: Mongo, settings: KioskRegistrySettings, registry: KioskRegistry
) -> None:
    centre.moves(DISTRICT, centre.opens(), SUSPEND)
    other = bootstrap(settings, mongo)
    at = after(RULES.confirm_days + 1)
    overdue = registry.end_overdue.cases.overdue

    def overtaken(at: datetime, limit: int) -> Any:
        listed = overdue(at, limit)
        assert other.end_overdue(EndOverdue(at)) == 1
        return listed

    registry.end_overdue.cases.overdue = overtaken  # type: ignore[method-assign]

    assert registry.end_overdue(EndOverdue(at)) == 0
    assert [event for event, _ in told(mongo)] == ["kiosk.suspended.v1", "kiosk.reinstated.v1"]


def test_the_worker_does_it_and_one_that_dies_in_the_midst_is_followed_by_one_that_does(
    centre: Disciplined, mongo: Mongo, settings: KioskRegistrySettings, registry: KioskRegistry
) -> None:
    centre.moves(DISTRICT, centre.opens(), SUSPEND)
    yesterday = utc_now() - timedelta(days=1)
    mongo.db.kiosks.update_one({"suspension": {"$exists": True}}, {"$set": {"suspension.until": yesterday}})
    killed_at("X1", mongo, settings, "end_overdue_once.py")
    assert (centre.status, len(told(mongo))) == ("SUSPENDED", 1)

    (job,) = [job for job in JOBS if job.name == "end-overdue"]
    job.run(registry)

    assert centre.status == "ACTIVE"
    assert [event for event, _ in told(mongo)] == ["kiosk.suspended.v1", "kiosk.reinstated.v1"]
