"""What services of the platform have against an erasure comes by their events, and counts as if they had called."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.support.privacy import Somebody, somebody
from tests.support.signing_in import Browser, Phone

from emitra_contracts import examples
from identity.application.privacy.run_erasures import RunErasures
from identity.bootstrap import Identity, bootstrap
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.ids import event_id
from servicekit.instants import rfc3339, utc_now
from servicekit.mongo import Mongo
from servicekit.testing import deliver

ERASURES = "/v1/privacy/erasures"
WORDS = {"billing": "billing", "certificates": "certificates", "gateway": "gateway", "kiosk-registry": "registry"}
PENDING = {"reason": "application-pending", "subject": "app_1", "since": "2026-11-01T00:00:00.000Z", "until": None}


@pytest.fixture
def asking(settings: Settings, shared_mongo: Mongo, sandbox: Any) -> Identity:
    """The application where every service must have answered; the sandbox is seeded."""
    del sandbox
    return bootstrap(replace(settings, erasure_waits_for=tuple(sorted(WORDS))), shared_mongo)


@pytest.fixture
def client(settings: Settings, shared_mongo: Mongo, asking: Identity) -> FlaskClient:
    return SERVICE.flask_app(settings, shared_mongo, asking).test_client()


@pytest.fixture
def person(client: FlaskClient, phone: Phone) -> Somebody:
    return somebody(client, Browser(client.application, phone))


class Services:
    """The services, as far as their words on one erasure go."""

    def __init__(self, identity: Identity, mongo: Mongo, erasure_id: str) -> None:
        self._identity, self._mongo, self._erasure_id = identity, mongo, erasure_id

    def say(self, service: str, sequence: int = 1, **said: Any) -> None:
        envelope = examples(f"{WORDS[service]}.answered.v1")[0]
        members = {"erasure_id": self._erasure_id, "answered_at": rfc3339(utc_now()), "holds": [], "keeps": [], **said}
        changes = {"id": event_id(), "subject": self._erasure_id, "sequence": str(sequence), "data": members}
        deliver(SERVICE, self._mongo, self._identity, [{**envelope, **changes}])


@pytest.fixture
def asked(person: Somebody, asking: Identity, shared_mongo: Mongo) -> tuple[str, Services]:
    erasure_id = str(person.asks_to_be_erased()["erasure_id"])
    return f"{ERASURES}/{erasure_id}", Services(asking, shared_mongo, erasure_id)


def test_each_services_word_is_its_own_and_what_it_keeps_is_named_with_the_law_and_holds_nothing_back(
    person: Somebody, asked: tuple[str, Services], asking: Identity, shared_mongo: Mongo
) -> None:
    path, services = asked
    services.say("certificates", holds=[PENDING])
    services.say("billing", keeps=["books-of-account"])
    seen = person.get(path)
    assert (seen["stage"], seen["unanswered"]) == ("held", ["gateway", "kiosk-registry"])
    assert [(hold["service"], hold["reason"], hold["until"]) for hold in seen["holds"]] == [
        ("certificates", "application-pending", None)
    ]
    (kept,) = seen["keeps"]
    assert (kept["service"], kept["reason"]) == ("billing", "books-of-account")
    assert kept["title"]["hi"]
    assert "section 12(3)" in kept["order"]
    for service in ("gateway", "kiosk-registry"):
        services.say(service)
    services.say("certificates", 2)
    asking.privacy.run_erasures(RunErasures(utc_now() + timedelta(hours=49)))
    assert shared_mongo.db.erasures.find_one({"person_id": person.person_id, "state": "erased"})


def test_an_answer_that_comes_late_does_not_take_the_place_of_a_later_one(
    person: Somebody, asked: tuple[str, Services]
) -> None:
    path, services = asked
    services.say("certificates", 2, holds=[PENDING])
    services.say("certificates", 1)
    assert [hold["subject"] for hold in person.get(path)["holds"]] == ["app_1"]


def test_a_reason_that_nobody_here_knows_is_no_answer_and_the_erasure_waits(
    person: Somebody, asked: tuple[str, Services]
) -> None:
    path, services = asked
    services.say("gateway", keeps=["something-new"])
    assert "gateway" in person.get(path)["unanswered"]


def test_an_answer_to_a_request_that_was_taken_back_is_let_go(
    person: Somebody, asked: tuple[str, Services], shared_mongo: Mongo
) -> None:
    path, services = asked
    assert person.call("POST", f"{path}/withdrawals").status_code == 200
    services.say("billing", holds=[{**PENDING, "reason": "payment-pending", "subject": "pay_1"}])
    row = shared_mongo.db.erasures.find_one({"person_id": person.person_id})
    assert row
    assert (row["state"], row["answers"]) == ("withdrawn", {})


def test_the_export_says_where_the_other_parts_are(person: Somebody) -> None:
    parts = person.get("/v1/privacy/export")["parts"]
    assert [part["href"] for part in parts] == [f"/v1/privacy/export/{service}" for service in sorted(WORDS)]
