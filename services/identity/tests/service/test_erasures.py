"""Erasure waits for the person to think again and for every reason of law, then runs by itself to its end."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient
from tests.support.asking import ask, body_of
from tests.support.assisting import Counter
from tests.support.privacy import Somebody, answer, headers, pending, somebody
from tests.support.signing_in import App, Browser, Phone
from tests.support.vault import aadhaar

from identity.adapters.mongo_erasures import MongoErasures
from identity.application.privacy.run_erasures import RunErasures
from identity.bootstrap import Identity, bootstrap
from identity.entrypoints.service import SERVICE
from identity.settings import Settings
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import internal_headers, published

ERASURES = "/v1/privacy/erasures"
SOON, LATER = timedelta(hours=49), timedelta(days=10)


@pytest.fixture
def asking(settings: Settings, shared_mongo: Mongo, sandbox: Any) -> Identity:
    """The application where certificates and billing must have answered; the sandbox is seeded."""
    del sandbox
    return bootstrap(replace(settings, erasure_waits_for=("billing", "certificates")), shared_mongo)


@pytest.fixture
def client(settings: Settings, shared_mongo: Mongo, asking: Identity) -> FlaskClient:
    return SERVICE.flask_app(settings, shared_mongo, asking).test_client()


@pytest.fixture
def person(client: FlaskClient, phone: Phone) -> Somebody:
    return somebody(client, Browser(client.application, phone))


def run(identity: Identity, after: timedelta = SOON) -> int:
    return identity.privacy.run_erasures(RunErasures(utc_now() + after))


def everybody_answers(person: Somebody, erasure_id: str) -> None:
    for service in ("billing", "certificates"):
        assert answer(person.client, erasure_id, service).status_code == 200


def number_of(person: Somebody, number: str) -> str:
    said = person.client.post(
        "/v1/vault/references",
        json={"kind": "aadhaar", "number": number, "person_id": person.person_id},
        headers=internal_headers("identity", scopes=["vault:write", "vault:owners"]),
    )
    return str(body_of(said)["reference"])


def erased_at(mongo: Mongo, person: Somebody) -> datetime | None:
    kept = mongo.db.people.find_one({"_id": person.person_id})
    assert kept
    return kept.get("erased_at")


def events(mongo: Mongo, erasure_id: str) -> list[str]:
    return [e["type"].removeprefix("org.emitra.") for e in published(mongo) if e["subject"] == erasure_id]


def test_it_waits_for_time_and_answers_and_then_runs(
    person: Somebody, asking: Identity, shared_mongo: Mongo, phone: Phone
) -> None:
    shared_mongo.db.people.update_one({"_id": person.person_id}, {"$set": {"name": "Asha", "name_hi": "आशा"}})
    receipt = person.agreed("messages")
    reference = number_of(person, aadhaar(301))
    asked = person.asks_to_be_erased()
    erasure_id = asked["erasure_id"]
    assert (asked["state"], asked["stage"], asked["unanswered"]) == (
        "requested",
        "cooling-off",
        ["billing", "certificates"],
    )
    assert asked["runs_at"] is None
    run(asking)
    assert erased_at(shared_mongo, person) is None, "nobody has answered"
    everybody_answers(person, erasure_id)
    assert person.get(f"{ERASURES}/{erasure_id}")["runs_at"]
    run(asking, timedelta(hours=47))
    assert erased_at(shared_mongo, person) is None, "the person may still think again"
    run(asking)

    kept = shared_mongo.db.people.find_one({"_id": person.person_id})
    assert kept
    assert (kept["name"], kept["name_hi"], bool(kept["erased_at"])) == (None, None, True)
    assert shared_mongo.db.mobile_numbers.count_documents({"person_id": person.person_id}) == 0
    number = shared_mongo.db.vault.find_one({"_id": reference})
    assert number
    assert ({"sealed", "indexes"} & number.keys(), number["masked"]) == (set(), "")
    assert shared_mongo.db.consents.count_documents({"_id": receipt["consent_id"]}) == 1, "receipts are proof"
    assert events(shared_mongo, erasure_id) == ["erasure.requested.v1", "erasure.completed.v1"]

    # Who signs in with the number now is somebody new.
    again = somebody(person.client, Browser(person.client.application, phone), person.mobile)
    assert again.person_id != person.person_id
    assert again.get("/v1/consents")["items"] == []


def test_an_erased_persons_tokens_are_worth_nothing(person: Somebody, asking: Identity, phone: Phone) -> None:
    app = App()
    code = app.sign_in(Browser(person.client.application, phone), person.mobile)
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    run(asking)
    for path in ("/v1/consents", "/v1/privacy/readings", "/v1/privacy/export", ERASURES, "/v1/privacy/breach-notices"):
        refused = person.call("GET", path)
        assert (refused.status_code, body_of(refused)["code"]) == (403, "person-erased")
    assert person.call("POST", ERASURES).status_code == 403
    refreshed = ask(person.client, App().renewal(person.tokens["refresh_token"]))
    assert (refreshed.status_code, body_of(refreshed)["error"]) == (400, "invalid_grant")
    redeemed = ask(person.client, app.redemption(code))
    assert (redeemed.status_code, body_of(redeemed)["error"]) == (400, "invalid_grant")


def test_a_code_given_just_before_gives_no_token_after(person: Somebody, shared_mongo: Mongo, phone: Phone) -> None:
    """The mark is the first thing that erasing writes: whatever of a sign-in is on its way ends there."""
    app = App()
    code = app.sign_in(Browser(person.client.application, phone), person.mobile)
    shared_mongo.db.people.update_one({"_id": person.person_id}, {"$set": {"erased_at": utc_now()}})
    redeemed = ask(person.client, app.redemption(code))
    assert (redeemed.status_code, body_of(redeemed)["error"]) == (400, "invalid_grant")
    refreshed = ask(person.client, App().renewal(person.tokens["refresh_token"]))
    assert (refreshed.status_code, body_of(refreshed)["error"]) == (400, "invalid_grant")


def test_the_person_is_told_which_reason_of_which_law_and_until_when(person: Somebody, asking: Identity) -> None:
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    until = (utc_now() + LATER).isoformat(timespec="milliseconds")
    assert answer(person.client, erasure_id, "certificates", pending(until)).status_code == 200
    shown = person.get(f"{ERASURES}/{erasure_id}")
    (hold,) = shown["holds"]
    assert (shown["stage"], hold["service"], hold["subject"]) == ("held", "certificates", "app_1")
    assert "12(3)" in hold["order"]
    assert all(hold["title"].values())
    assert (hold["since"], hold["until"]) == ("2026-11-01T00:00:00.000Z", shown["runs_at"])
    assert run(asking) == 0
    assert person.get(f"{ERASURES}/{erasure_id}")["state"] == "requested"


def test_it_runs_by_itself_when_the_last_reason_ends(person: Somebody, asking: Identity, shared_mongo: Mongo) -> None:
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    answer(person.client, erasure_id, "billing", {**pending(), "reason": "payment-dispute", "subject": "pay_1"})
    answer(person.client, erasure_id, "certificates", pending((utc_now() + LATER).isoformat()))
    assert person.get(f"{ERASURES}/{erasure_id}")["runs_at"] is None
    run(asking, LATER * 2)
    assert erased_at(shared_mongo, person) is None, "billing's has no end yet"
    answer(person.client, erasure_id, "billing")
    run(asking, LATER - timedelta(hours=1))
    assert erased_at(shared_mongo, person) is None
    run(asking, LATER + timedelta(hours=1))
    assert erased_at(shared_mongo, person)


def test_an_officer_is_not_erased_while_in_office(
    asking: Identity, client: FlaskClient, sandbox: dict[str, Any]
) -> None:
    del sandbox
    kept = client.application
    officer = asking.clients.get("cli_sandbox_officer_udaipur")
    assert kept
    assert officer
    assert officer.person
    person = Somebody(client, officer.person.id, "", {})
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    (hold,) = person.get(f"{ERASURES}/{erasure_id}")["holds"]
    assert (hold["reason"], hold["service"]) == ("holds-office", "identity")
    run(asking)
    assert person.get(f"{ERASURES}/{erasure_id}")["stage"] == "held"
    person.call("POST", f"{ERASURES}/{erasure_id}/withdrawals")


def test_a_request_is_one_and_can_be_taken_back_until_it_runs(
    person: Somebody, asking: Identity, shared_mongo: Mongo
) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(lambda _: person.asks_to_be_erased()["erasure_id"], range(16)))
    assert len(ids) == 1
    (erasure_id,) = ids
    assert events(shared_mongo, erasure_id) == ["erasure.requested.v1"]
    path = f"{ERASURES}/{erasure_id}/withdrawals"
    assert [body_of(person.call("POST", path))["state"] for _ in range(2)] == ["withdrawn"] * 2
    assert events(shared_mongo, erasure_id) == ["erasure.requested.v1", "erasure.withdrawn.v1"], "told once"
    assert answer(person.client, erasure_id, "billing").status_code == 409
    run(asking, LATER)
    assert erased_at(shared_mongo, person) is None
    assert person.asks_to_be_erased()["erasure_id"] != erasure_id


def test_another_neither_sees_it_nor_takes_it_back(person: Somebody, client: FlaskClient, phone: Phone) -> None:
    other = somebody(client, Browser(client.application, phone))
    path = f"{ERASURES}/{person.asks_to_be_erased()['erasure_id']}"
    for refused in (other.call("GET", path), other.call("POST", f"{path}/withdrawals")):
        assert (refused.status_code, body_of(refused)["code"]) == (404, "erasure-not-found")
    assert other.get(ERASURES)["items"] == []


@pytest.mark.parametrize(
    ("hold", "pointer"),
    [
        ({"reason": "because"}, "/holds/0/reason"),
        ({"reason": "holds-office"}, "/holds/0/reason"),
        ({"until": "2026-10-01T00:00:00Z"}, "/holds/0/until"),
        ({"since": "yesterday"}, "/holds/0/since"),
        ({"since": "2026-11-01T00:00:00"}, "/holds/0/since"),
        ({"subject": "Asha Devi"}, "/holds/0/subject"),
        ({"name": "Asha Devi"}, "/holds/0/name"),
    ],
)
def test_an_answer_that_is_not_acceptable_says_where(person: Somebody, hold: dict[str, Any], pointer: str) -> None:
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    refused = answer(person.client, erasure_id, "billing", {**pending(), **hold})
    assert refused.status_code == 422
    assert pointer in {error["pointer"] for error in body_of(refused)["errors"]}
    assert "Asha" not in refused.text
    assert person.get(f"{ERASURES}/{erasure_id}")["unanswered"] == ["billing", "certificates"]


def test_a_service_answers_for_itself_alone(person: Somebody, client: FlaskClient) -> None:
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    path = f"{ERASURES}/{erasure_id}/answers"
    billing = internal_headers("identity", scopes=["privacy:answers", "erasure-answer:billing"])
    refused = client.post(path, json={"service": "certificates", "holds": []}, headers=billing)
    assert (refused.status_code, body_of(refused)["missing_scope"]) == (403, "erasure-answer:certificates")
    # Nor does the person, nor anybody for identity.
    assert (
        client.post(path, json={"service": "billing", "holds": []}, headers=headers(person.person_id)).status_code
        == 403
    )
    own = internal_headers("identity", scopes=["privacy:answers", "erasure-answer:identity"])
    assert client.post(path, json={"service": "identity", "holds": []}, headers=own).status_code == 403
    assert answer(client, "era_" + "0" * 32, "billing").status_code == 404
    assert answer(client, erasure_id, "billing.holds").status_code == 422


def test_an_answer_at_the_last_moment_is_seen_or_refused_and_never_lost(
    person: Somebody, asking: Identity, shared_mongo: Mongo
) -> None:
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    stale = asking.privacy.erasures.of_person(person.person_id, erasure_id)
    assert answer(person.client, erasure_id, "billing", pending()).status_code == 200
    assert asking.privacy.run_erasures.erasures.begin(stale) is False
    run(asking)
    assert erased_at(shared_mongo, person) is None
    answer(person.client, erasure_id, "billing")
    assert asking.privacy.run_erasures.erasures.begin(asking.privacy.erasures.of_person(person.person_id, erasure_id))
    assert answer(person.client, erasure_id, "billing", pending()).status_code == 409
    assert person.call("POST", f"{ERASURES}/{erasure_id}/withdrawals").status_code == 409
    run(asking)
    assert erased_at(shared_mongo, person)


def test_a_number_that_is_anothers_too_stays_the_others(
    person: Somebody, asking: Identity, shared_mongo: Mongo, phone: Phone
) -> None:
    other = somebody(person.client, Browser(person.client.application, phone))
    number = aadhaar(302)
    reference = number_of(person, number)
    assert number_of(other, number) == reference
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    run(asking)
    kept = shared_mongo.db.vault.find_one({"_id": reference})
    assert kept
    assert ("sealed" in kept, kept["owners"]) == (True, [other.person_id])


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours handles it."""


@pytest.mark.parametrize("at", ["_forget_mobiles", "_erase_numbers", "close"])
def test_an_erasure_that_dies_on_the_way_is_followed_to_its_end(
    person: Somebody, asking: Identity, shared_mongo: Mongo, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    reference = number_of(person, aadhaar(310 + len(at)))
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)

    def reached(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(f"identity.adapters.mongo_erasures.MongoErasures.{at}", reached)
    with pytest.raises(Killed):
        run(asking)
    monkeypatch.undo()
    assert erased_at(shared_mongo, person), "the tokens are dead first"
    assert events(shared_mongo, erasure_id) == ["erasure.requested.v1"]
    run(asking)
    run(asking)
    assert shared_mongo.db.mobile_numbers.count_documents({"person_id": person.person_id}) == 0
    assert "sealed" not in (shared_mongo.db.vault.find_one({"_id": reference}) or {})
    assert events(shared_mongo, erasure_id) == ["erasure.requested.v1", "erasure.completed.v1"]


def test_one_erasure_that_fails_does_not_keep_the_others_waiting(
    person: Somebody, asking: Identity, shared_mongo: Mongo, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = somebody(person.client, Browser(person.client.application, phone))
    for each in (person, other):
        everybody_answers(each, each.asks_to_be_erased()["erasure_id"])
    forget = MongoErasures._forget_mobiles

    def fails(self: Any, person_id: str) -> None:
        if person_id == person.person_id:
            raise RuntimeError("no luck")
        forget(self, person_id)

    monkeypatch.setattr(MongoErasures, "_forget_mobiles", fails)
    with pytest.raises(RuntimeError, match="no luck"):
        run(asking)
    monkeypatch.undo()
    assert shared_mongo.db.mobile_numbers.count_documents({"person_id": other.person_id}) == 0
    assert shared_mongo.db.mobile_numbers.count_documents({"person_id": person.person_id}) == 1
    run(asking)
    assert shared_mongo.db.mobile_numbers.count_documents({"person_id": person.person_id}) == 0


def test_nothing_but_ids_is_left_of_an_erased_person(
    person: Somebody, asking: Identity, shared_mongo: Mongo, phone: Phone
) -> None:
    """Whatever collection keeps the number's index or the person's names: a new one that does is noticed here."""
    again = Browser(person.client.application, phone)
    again.open(App().request())
    again.ask_code(person.mobile)
    (number,) = shared_mongo.db.mobile_numbers.find({"person_id": person.person_id})
    index = number["_id"]

    def kept() -> set[str]:
        return {
            name
            for name in shared_mongo.db.list_collection_names()
            if index in repr(list(shared_mongo.db[name].find()))
        }

    assert {"mobile_numbers", "devices", "sign_ins"} <= kept()
    everybody_answers(person, person.asks_to_be_erased()["erasure_id"])
    run(asking)
    assert kept() <= {"sent_codes"}, "which forgets in a day, by itself"


def test_a_token_of_the_browser_says_nobody_else(person: Somebody) -> None:
    """What the tests above take for the person is what the sign-in said."""
    claims = jwt.decode(person.tokens["access_token"], options={"verify_signature": False})
    assert claims["person"]["id"] == person.person_id


def test_what_the_person_signed_in_for_ends_at_the_gateway_too(
    person: Somebody, asking: Identity, shared_mongo: Mongo
) -> None:
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    (grant,) = shared_mongo.db.grants.find({"person_id": person.person_id, "revoked": False})
    run(asking)
    told = [e["type"].removeprefix("org.emitra.") for e in published(shared_mongo) if e["subject"] == grant["_id"]]
    assert told == ["grant.revoked.v1"]


def test_nobody_acts_for_who_was_erased_and_their_number_is_nowhere(
    person: Somebody, asking: Identity, shared_mongo: Mongo, phone: Phone, sandbox: dict[str, Any]
) -> None:
    counter = Counter(person.client, sandbox["kiosk-jaipur"], phone, mobile=person.mobile)
    assistance_id = counter.agreed()
    token = counter.token(assistance_id)
    # It is in force still when the person is erased, two days from now.
    shared_mongo.db.assistances.update_one({"_id": assistance_id}, {"$set": {"ends_at": utc_now() + LATER}})
    kept = shared_mongo.db.assistances.find_one({"_id": assistance_id})
    assert kept
    reference = kept["mobile_reference"]
    shown = {number["reference"] for number in person.get("/v1/privacy/export")["numbers"]}
    assert reference in shown, "whose code it was sees who reads the number"
    erasure_id = person.asks_to_be_erased()["erasure_id"]
    everybody_answers(person, erasure_id)
    run(asking)

    assert counter.exchanges(assistance_id).status_code == 400
    assert counter.introspects(token) == {"active": False}
    told = [e["type"].removeprefix("org.emitra.") for e in published(shared_mongo) if e["subject"] == assistance_id]
    assert told == ["assistance.withdrawn.v1"]
    number = shared_mongo.db.vault.find_one({"_id": reference})
    assert number
    assert {"sealed", "indexes"} & number.keys() == set()
    receipt = shared_mongo.db.assistances.find_one({"_id": assistance_id})
    assert receipt
    assert (receipt["mobile_index"], receipt["mobile_shown"]) == ("", "")
    assert receipt["consent"]["person_id"] == person.person_id, "the receipt is proof"


def test_a_code_handed_in_while_the_person_is_erased_gives_no_token(
    person: Somebody, shared_mongo: Mongo, phone: Phone, sandbox: dict[str, Any]
) -> None:
    counter = Counter(person.client, sandbox["kiosk-jaipur"], phone, mobile=person.mobile)
    shared_mongo.db.people.update_one({"_id": person.person_id}, {"$set": {"erased_at": utc_now()}})
    assert counter.exchanges(counter.agreed()).status_code == 400
