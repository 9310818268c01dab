"""Heartbeats over HTTP, and districts that go dark, on a real MongoDB."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.running import environment, prepared
from typer.testing import CliRunner
from werkzeug.test import TestResponse

from emitra_contracts import validate_produced
from kiosk_registry.adapters.mongo.lives import LIVES, newly_bound
from kiosk_registry.application.live.watch_districts import WatchDistricts
from kiosk_registry.bootstrap import KioskRegistry, bootstrap
from kiosk_registry.domain.live.components import Floor
from kiosk_registry.domain.live.district_state import Turn
from kiosk_registry.domain.live.life import Beat
from kiosk_registry.domain.register.hours import DAYS, read_hours
from kiosk_registry.entrypoints.http.live.schemas import HeartbeatSchema, LivenessSchema, StateLivenessSchema
from kiosk_registry.entrypoints.service import SERVICE, main
from kiosk_registry.settings import KioskRegistrySettings
from servicekit.http import Person
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, programs, published

Beats = Callable[..., TestResponse]
KIOSK = "ksk_RJ10200001"
MACHINE = "tpm-5f1c2a9e"
DISTRICT_ADMIN = Person("per_1", "district_admin", None, frozenset({"102"}))


@pytest.fixture
def registry(settings: KioskRegistrySettings, mongo: Mongo) -> KioskRegistry:
    return prepared(settings, mongo, 400)


@pytest.fixture
def client(settings: KioskRegistrySettings, mongo: Mongo, registry: KioskRegistry) -> FlaskClient:
    return SERVICE.flask_app(settings, mongo, registry).test_client()


@pytest.fixture
def beat(client: FlaskClient) -> Beats:
    """Sends a heartbeat as the software of a centre; members replace those of the body."""

    def send(kiosk_id: str = KIOSK, *, bound_to: str | None = None, **changes: Any) -> TestResponse:
        headers = internal_headers("kiosk-registry", scopes=["kiosks:report"], kiosk_id=bound_to or kiosk_id)
        body = {"machine": MACHINE, "sent_at": utc_now().isoformat(), "components": {"browser": "101.0"}} | changes
        return client.post(f"/v1/kiosks/{kiosk_id}/heartbeats", json=body, headers=headers)

    return send


def answer(response: TestResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    body = response.json
    assert isinstance(body, dict)
    return body


def watched(client: FlaskClient, path: str) -> dict[str, Any]:
    return answer(client.get(path, headers=internal_headers("kiosk-registry", scopes=["kiosks:read"])))


def test_a_heartbeat_makes_a_centre_online_and_leaves_one_small_record(
    client: FlaskClient, beat: Beats, mongo: Mongo
) -> None:
    for _ in range(5):
        shown = answer(beat())

    assert HeartbeatSchema().validate(shown) == {}
    assert shown == {"next_in_seconds": 60, "outdated": []}
    life = watched(client, f"/v1/kiosks/{KIOSK}/liveness")
    assert LivenessSchema().validate(life) == {}
    assert (life["state"], life["components"], life["note"]) == (
        "ONLINE",
        [{"component": "browser", "version": "101.0"}],
        None,
    )
    assert mongo.db.kiosk_lives.count_documents({}) == 1


def test_a_centre_that_was_never_heard_says_so(client: FlaskClient) -> None:
    life = watched(client, f"/v1/kiosks/{KIOSK}/liveness")

    assert (life["state"], life["last_heard_at"], life["other_machine_at"]) == ("NEVER", None, None)
    assert (
        client.get(
            "/v1/kiosks/ksk_x/liveness", headers=internal_headers("kiosk-registry", scopes=["kiosks:read"])
        ).status_code
        == 404
    )


@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_is_a_day_off_is_told_what_the_time_is(beat: Beats, mongo: Mongo, days: int) -> None:
    problem = answer(beat(sent_at=(utc_now() + timedelta(days=days)).isoformat()), 422)

    assert problem["code"] == "machine-clock-wrong"
    assert problem["ahead_seconds"] == pytest.approx(days * 86_400, abs=60)
    assert datetime.fromisoformat(problem["server_at"])
    (error,) = problem["errors"]
    assert error["pointer"] == "/sent_at"
    assert ("ahead" if days > 0 else "behind") in error["detail"]
    assert "घड़ी" in error["detail_hi"]
    assert mongo.db.kiosk_lives.count_documents({}) == 0


def test_a_heartbeat_of_another_centre_of_none_or_of_one_that_is_closed_is_refused(beat: Beats, mongo: Mongo) -> None:
    mongo.db.kiosks.update_one({"_id": "ksk_RJ10200002"}, {"$set": {"status": "CLOSED"}})
    mongo.db.kiosks.update_one({"_id": "ksk_RJ10200003"}, {"$set": {"status": "UNDER_VERIFICATION"}})

    assert answer(beat(bound_to="ksk_RJ10200002"), 404)["code"] == "heartbeat-centre-unknown"
    assert answer(beat("ksk_RJ99900001"), 404)["code"] == "heartbeat-centre-unknown"
    assert answer(beat("ksk_RJ10200003"), 404)["code"] == "heartbeat-centre-unknown"
    assert answer(beat("ksk_RJ10200002"), 409)["code"] == "heartbeat-centre-closed"
    assert mongo.db.kiosk_lives.count_documents({}) == 0


def test_another_machine_is_refused_and_flagged_until_the_district_binds_it(client: FlaskClient, beat: Beats) -> None:
    answer(beat())
    assert answer(beat(machine="tpm-other-1"), 409)["code"] == "machine-not-bound"
    assert watched(client, f"/v1/kiosks/{KIOSK}/liveness")["other_machine_at"] is not None
    answer(beat())

    def bind(machine: str, person: Person, status: int) -> dict[str, Any]:
        headers = internal_headers("kiosk-registry", scopes=["kiosks:bind"], person=person)
        return answer(client.put(f"/v1/kiosks/{KIOSK}/machine", json={"machine": machine}, headers=headers), status)

    elsewhere = Person("per_2", "district_admin", None, frozenset({"86"}))
    assert bind("tpm-other-1", elsewhere, 404)["code"] == "heartbeat-centre-unknown"
    assert bind("tpm-other-1", DISTRICT_ADMIN, 200) == {"kiosk_id": KIOSK, "machine": "tpm-other-1"}
    assert bind("tpm-other-1", DISTRICT_ADMIN, 200) == {"kiosk_id": KIOSK, "machine": "tpm-other-1"}
    assert watched(client, f"/v1/kiosks/{KIOSK}/liveness")["other_machine_at"] is None
    answer(beat(machine="tpm-other-1"))
    assert answer(beat(), 409)["code"] == "machine-retired"


def test_a_centre_that_was_opened_with_a_device_speaks_from_that_one(
    client: FlaskClient, beat: Beats, mongo: Mongo
) -> None:
    mongo.db[LIVES].insert_one(newly_bound(KIOSK, "102", "SN-0001"))

    assert answer(beat(), 409)["code"] == "machine-not-bound"
    life = watched(client, f"/v1/kiosks/{KIOSK}/liveness")
    assert (life["state"], life["other_machine_at"] is None) == ("NEVER", False)
    answer(beat(machine="SN-0001"))
    assert watched(client, f"/v1/kiosks/{KIOSK}/liveness")["state"] == "ONLINE"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"machine": "x"}, "/machine"),
        ({"machine": "a b c d e f"}, "/machine"),
        ({"sent_at": "2026-11-23T05:41:07"}, "/sent_at"),
        ({"sent_at": 5}, "/sent_at"),
        ({"components": {"browser": "latest"}}, "/components/browser"),
        ({"components": {"Browser": "1"}}, "/components/Browser"),
        ({"components": {f"c{number}": "1" for number in range(21)}}, "/components"),
        ({"memory": 1}, "/memory"),
    ],
)
def test_a_heartbeat_that_is_not_one_is_told_which_member(beat: Beats, changes: dict[str, Any], pointer: str) -> None:
    assert [error["pointer"] for error in answer(beat(**changes), 422)["errors"]] == [pointer]


def test_a_silent_centre_says_what_on_its_machine_is_too_old(
    client: FlaskClient, beat: Beats, mongo: Mongo, settings: KioskRegistrySettings
) -> None:
    command = ["require-component", "browser", "120.0", "--order", "DoIT&C circular of 2026-10-01"]
    asked = CliRunner(env=environment(settings, mongo)).invoke(main, command)
    assert asked.stdout == "browser is to be 120.0 or newer (DoIT&C circular of 2026-10-01)\n"
    shown = answer(beat())
    assert shown["outdated"] == [
        {"component": "browser", "version": "101.0", "least": "120.0", "order": "DoIT&C circular of 2026-10-01"}
    ]

    mongo.db.kiosk_lives.update_one({}, {"$set": {"at": utc_now() - timedelta(minutes=11)}})
    life = watched(client, f"/v1/kiosks/{KIOSK}/liveness")

    assert (life["state"], life["outdated"]) == ("DARK", shown["outdated"])
    assert "browser 101.0 < 120.0" in life["note"]
    assert "browser 101.0 < 120.0" in life["note_hi"]


def test_what_is_no_component_or_version_cannot_be_asked_for(settings: KioskRegistrySettings, mongo: Mongo) -> None:
    run = CliRunner(env=environment(settings, mongo))

    for component, least, order in (("Browser", "1", "x"), ("browser", "latest", "x"), ("browser", "1", "=x")):
        assert run.invoke(main, ["require-component", component, least, "--order", order]).exit_code == 2
    assert mongo.db.component_floors.count_documents({}) == 0


def test_heartbeats_that_come_together_are_all_kept_and_the_bad_one_alone_is_refused(
    registry: KioskRegistry, mongo: Mongo
) -> None:
    lives = registry.record_heartbeat.lives
    ids = [kiosk["_id"] for kiosk in mongo.db.kiosks.find({"status": "ACTIVE"}).limit(200)]
    beats = [Beat(kiosk_id, MACHINE, {}, utc_now()) for kiosk_id in [*ids, "ksk_RJ99900001"]] * 2

    with ThreadPoolExecutor(16) as threads:
        refusals = list(threads.map(lives.record, beats))

    assert [refusal for refusal in refusals if refusal] == ["unknown-centre"] * 2
    assert {life["_id"] for life in mongo.db.kiosk_lives.find()} == set(ids)


def of_jaipur(mongo: Mongo, count: int) -> list[str]:
    kiosks = mongo.db.kiosks.find({"district_code": "102", "status": "ACTIVE"}).sort("_id", 1).limit(count)
    return [kiosk["_id"] for kiosk in kiosks]


def test_a_district_that_goes_dark_and_comes_back_is_told_once_each(
    client: FlaskClient, registry: KioskRegistry, mongo: Mongo
) -> None:
    at = utc_now()
    ids = of_jaipur(mongo, 10)

    def heard(kiosk_ids: list[str], heard_at: datetime) -> None:
        for kiosk_id in kiosk_ids:
            assert registry.record_heartbeat.lives.record(Beat(kiosk_id, MACHINE, {}, heard_at)) is None

    heard(ids, at)
    assert registry.watch_districts(WatchDistricts(at)) == {}
    assert registry.watch_districts(WatchDistricts(at + timedelta(minutes=3))) == {}, "stale is not dark"
    dark_at = at + timedelta(minutes=11)
    assert registry.watch_districts(WatchDistricts(dark_at)) == {"102": Turn.DARKENED}
    assert registry.watch_districts(WatchDistricts(dark_at)) == {}
    jaipur = next(item for item in watched(client, "/v1/kiosk-liveness")["items"] if item["district_code"] == "102")
    assert jaipur["dark_since"] is not None
    later = dark_at + timedelta(hours=3)
    assert registry.watch_districts(WatchDistricts(later)) == {}
    heard(ids[:5], later)
    assert registry.watch_districts(WatchDistricts(later)) == {"102": Turn.RECOVERED}

    events = [event for event in published(mongo) if ".district." in event["type"]]
    for event in events:
        validate_produced(event)
    assert [(event["type"], event["sequence"]) for event in events] == [
        ("org.emitra.district.darkened.v1", "1"),
        ("org.emitra.district.recovered.v1", "2"),
    ]
    assert events[0]["data"]["centres"] == events[0]["data"]["centres_dark"] == 10
    assert events[1]["data"]["centres_online"] == 5


def test_a_centre_that_is_closed_by_its_hours_makes_no_district_dark(registry: KioskRegistry, mongo: Mongo) -> None:
    at = utc_now()
    hours = read_hours([f"{DAYS[(at.weekday() + 3) % 7]} 09:00-18:00"])
    told = [{"opens": interval.opens, "closes": interval.closes} for interval in hours]
    ids = of_jaipur(mongo, 10)
    mongo.db.kiosks.update_many({"_id": {"$in": ids[:6]}}, {"$set": {"hours": told}})
    for kiosk_id in ids:
        registry.record_heartbeat.lives.record(Beat(kiosk_id, MACHINE, {}, at - timedelta(minutes=11)))

    assert registry.watch_districts(WatchDistricts(at)) == {}


def test_two_workers_that_see_a_dark_district_tell_it_once(
    registry: KioskRegistry, settings: KioskRegistrySettings, mongo: Mongo
) -> None:
    at = utc_now()
    for kiosk_id in of_jaipur(mongo, 10):
        registry.record_heartbeat.lives.record(Beat(kiosk_id, MACHINE, {}, at - timedelta(minutes=11)))
    workers = [registry, bootstrap(settings, mongo)] * 4

    with ThreadPoolExecutor(8) as threads:
        turns = list(threads.map(lambda worker: worker.watch_districts(WatchDistricts(at)), workers))

    assert sum(map(len, turns)) == 1
    assert len([event for event in published(mongo) if ".district." in event["type"]]) == 1


def test_the_state_is_counted_per_district(client: FlaskClient, registry: KioskRegistry, mongo: Mongo) -> None:
    at = utc_now()
    ids = of_jaipur(mongo, 9)
    for number, kiosk_id in enumerate(ids):
        heard_at = at - timedelta(minutes=(0, 5, 60)[number % 3])
        registry.record_heartbeat.lives.record(Beat(kiosk_id, MACHINE, {}, heard_at))
    registry.record_heartbeat.lives.require(Floor("browser", "1", "x"))

    shown = watched(client, "/v1/kiosk-liveness")

    assert StateLivenessSchema().validate(shown) == {}
    jaipur = next(item for item in shown["items"] if item["district_code"] == "102")
    assert (jaipur["online"], jaipur["stale"], jaipur["dark"]) == (3, 3, 3)
    active = mongo.db.kiosks.count_documents({"district_code": "102", "status": "ACTIVE"})
    assert jaipur["never"] == active - 9
    assert len(shown["items"]) == 33
    assert shown["online"] == 3


def test_a_worker_that_dies_before_it_tells_of_a_district_is_followed_by_one_that_does(
    registry: KioskRegistry, settings: KioskRegistrySettings, mongo: Mongo
) -> None:
    at = utc_now()
    for kiosk_id in of_jaipur(mongo, 10):
        registry.record_heartbeat.lives.record(Beat(kiosk_id, MACHINE, {}, at - timedelta(minutes=11)))
    code = (
        "from kiosk_registry.entrypoints.jobs import JOBS; from kiosk_registry.entrypoints.service import SERVICE;"
        "from servicekit.service.processes import load_settings; from kiosk_registry.bootstrap import bootstrap;"
        "settings = load_settings(SERVICE.settings); JOBS[1].run(bootstrap(settings, SERVICE.connect(settings)))"
    )
    env = environment(settings, mongo) | {"CRASH_POINT": "L1"}
    status, said = programs.run(code, [], env, 60)
    assert status == -signal.SIGKILL, said
    assert [event for event in published(mongo) if ".district." in event["type"]] == []

    assert registry.watch_districts(WatchDistricts(at)) == {"102": Turn.DARKENED}

    assert len([event for event in published(mongo) if ".district." in event["type"]]) == 1
