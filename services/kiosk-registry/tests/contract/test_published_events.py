"""What the service publishes is what the contract says."""

from tests.support.openings import APPLICANT, Applying, prepared

from emitra_contracts import validate_produced
from kiosk_registry.application.register.load_centres import LoadCentres
from kiosk_registry.bootstrap import bootstrap
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.mongo import Mongo
from servicekit.testing import published, settings_for


def test_every_event_of_a_load_is_valid(mongo: Mongo) -> None:
    registry = bootstrap(settings_for(KioskRegistrySettings), mongo)
    registry.load_centres(
        LoadCentres(registry.districts_of(None), 2_000, "req_of_the_load", lambda _district, _part: None)
    )

    events = published(mongo)

    assert len(events) == 74
    for event in events:
        validate_produced(event)
    assert {event["type"].removeprefix("org.emitra.") for event in events} == {"kiosk.approved.v1"}


def test_every_event_of_an_opening_is_valid(mongo: Mongo) -> None:
    world = Applying(SERVICE.flask_app(settings_for(KioskRegistrySettings), prepared(mongo)).test_client())
    opening = world.applies()
    world.refuses(opening, "send_back")
    world.moves(APPLICANT, opening, {"act": "resubmit", "remarks": "Here it is."})
    world.opens(opening)

    events = published(mongo)

    for event in events:
        validate_produced(event)
    types = {event["type"].removeprefix("org.emitra.") for event in events}
    assert types == {"opening.submitted.v1", "opening.moved.v1", "kiosk.approved.v1"}
