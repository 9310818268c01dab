"""A centre that was opened here is searched for, and speaks, as those of the opening register do."""

from tests.support.openings import Applying, prepared

from kiosk_registry.bootstrap import bootstrap
from kiosk_registry.domain.live.life import Beat, Refusal
from kiosk_registry.entrypoints.service import SERVICE
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers


def test_an_opened_centre_is_met_by_its_name_and_pin_and_speaks_from_its_device(
    settings: KioskRegistrySettings, mongo: Mongo
) -> None:
    client = SERVICE.flask_app(settings, prepared(mongo)).test_client()
    world = Applying(client)
    world.opens(world.applies(), device_id="SN-2026-0001")
    kiosk = mongo.db.kiosks.find_one({})
    assert kiosk is not None

    for query in ({"name": kiosk["name_hi"]}, {"name": kiosk["name_en"]}, {"pin": kiosk["pin"]}):
        answer = client.get(
            "/v1/kiosks", query_string=query, headers=internal_headers("kiosk-registry", scopes=["kiosks:read"])
        )
        assert [item["kiosk_id"] for item in (answer.json or {})["items"]] == [kiosk["_id"]]

    lives = bootstrap(settings, mongo).record_heartbeat.lives
    assert lives.record(Beat(kiosk["_id"], "SN-2026-0002", {}, utc_now())) is Refusal.OTHER_MACHINE
    assert lives.record(Beat(kiosk["_id"], "SN-2026-0001", {}, utc_now())) is None
