"""A citizen sees their own transactions, and a provider those of its centres; each by events that really arrive."""

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.support.stage import Stage

from emitra_contracts import examples, validate_produced
from gateway.adapters.mongo_personal import MongoPersonal
from gateway.entrypoints.service import SERVICE
from servicekit.ids import event_id, transaction_token
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.personal import Answer
from servicekit.testing import Erasing, deliver, published

Arrive = Callable[..., str]


@pytest.fixture
def arrive(viewing: Stage, mongo: Mongo) -> Arrive:
    """The event of one payment or submission; the token of it."""

    def arrived(minute: int, event_type: str = "payment.completed.v1", **data: Any) -> str:
        envelope = json.loads(json.dumps(examples(event_type)[0]))
        at = f"2026-11-24T06:{minute:02d}:00.000Z"
        ids = {"transaction_token": transaction_token(), "client_id": "cli_app", "kiosk_id": None, "person_id": None}
        named = {"payment_id": f"pay_{secrets.token_hex(16)}", "application_id": None}
        if event_type.startswith("application."):
            named = {"application_id": f"app_{secrets.token_hex(16)}"}
        changed = {name: at for name in envelope["data"] if name.endswith("_at")}
        envelope["data"] |= changed | ids | named | data
        envelope |= {"id": event_id(), "subject": envelope["data"]["transaction_token"], "time": at, "sequence": "1"}
        deliver(SERVICE, mongo, viewing.gateway, [envelope])
        return str(envelope["data"]["transaction_token"])

    return arrived


@pytest.fixture
def person_id() -> str:
    return f"per_{secrets.token_hex(16)}"


def own(stage: Stage, person_id: str, query: str = "", **claims: Any) -> Any:
    person = {"id": person_id, "role": "citizen"}
    access = stage.identity.token("transactions:read", client_id="cli_app", **{"person": person} | claims)
    return stage.call("GET", f"/v1/transactions{query}", access)


def test_a_citizen_sees_all_that_is_their_own_and_nothing_else(viewing: Stage, arrive: Arrive, person_id: str) -> None:
    by_app = arrive(1, person_id=person_id)
    at_a_centre = arrive(3, person_id=person_id, kiosk_id="ksk_RJ10200001", client_id="cli_centre")
    applied = arrive(2, "application.submitted.v1", person_id=person_id)
    arrive(4, person_id=f"per_{secrets.token_hex(16)}")
    arrive(5)
    got = own(viewing, person_id)
    assert (got.status_code, got.json["next"]) == (200, None)
    assert [item["token"] for item in got.json["items"]] == [at_a_centre, applied, by_app]
    assert [item["kind"] for item in got.json["items"]] == ["payment", "application", "payment"]
    assert person_id not in got.text
    assert own(viewing, f"per_{secrets.token_hex(16)}").json == {"items": [], "next": None}


def test_an_applications_fee_is_in_its_line_and_in_one_of_its_own(
    viewing: Stage, arrive: Arrive, person_id: str
) -> None:
    application_id = f"app_{secrets.token_hex(16)}"
    fee = {"amount": 5000, "currency": "INR"}
    arrive(1, "application.submitted.v1", person_id=person_id, application_id=application_id, fee=fee)
    arrive(2, person_id=person_id, application_id=application_id)
    paid, applied = own(viewing, person_id).json["items"]
    assert (applied["status"], applied["payment_ids"]) == ("IN_VERIFICATION", [paid["reference_id"]])
    assert paid["application_id"] == application_id


def test_pages_follow_one_another_without_a_gap_or_a_repeat(viewing: Stage, arrive: Arrive, person_id: str) -> None:
    # Several of one instant, so that the token decides.
    told = [arrive(minute, person_id=person_id) for minute in (1, 2, 2, 2, 3)]
    seen: list[str] = []
    query = "?limit=2"
    for _ in range(3):
        page = own(viewing, person_id, query).json
        seen += [item["token"] for item in page["items"]]
        query = f"?limit=2&cursor={page['next']}"
    assert page["next"] is None
    assert sorted(seen) == sorted(told)
    assert (seen[0], seen[-1]) == (told[-1], told[0])
    # Another's list is not reached by a place in this one.
    first = own(viewing, person_id, "?limit=2").json["next"]
    assert own(viewing, f"per_{secrets.token_hex(16)}", f"?cursor={first}").json["items"] == []
    wrong = own(viewing, person_id, "?cursor=mine")
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "?cursor")
    assert own(viewing, person_id, "?limit=51").status_code == 422


def test_who_acts_for_a_citizen_sees_that_citizens_and_nobody_in_another_role_has_a_list(
    viewing: Stage, arrive: Arrive, person_id: str
) -> None:
    token = arrive(1, person_id=person_id)
    act = {"sub": "per_op", "client_id": "cli_app", "role": "operator"}
    assisted = own(viewing, person_id, act=act, assistance_id=f"ast_{secrets.token_hex(16)}")
    assert [item["token"] for item in assisted.json["items"]] == [token]
    for person in ({"id": person_id, "role": "operator"}, {"id": person_id, "role": "auditor"}, None):
        refused = own(viewing, person_id, person=person, kiosk_id="ksk_RJ10200001")
        assert (refused.status_code, refused.json["code"]) == (403, "role-not-permitted")


def test_a_provider_sees_what_began_at_a_centre_while_it_was_theirs(
    viewing: Stage, mongo: Mongo, arrive: Arrive
) -> None:
    kiosk_id = f"ksk_RJ102{secrets.randbelow(100_000):05d}"

    def approved(lsp_id: str, minute: int) -> None:
        envelope = json.loads(json.dumps(examples("kiosk.approved.v1")[0]))
        at = f"2026-11-24T06:{minute:02d}:00.000Z"
        envelope["data"] |= {"kiosk_id": kiosk_id, "lsp_id": lsp_id, "approved_at": at}
        envelope |= {"id": event_id(), "subject": kiosk_id}
        for _ in range(2):
            deliver(SERVICE, mongo, viewing.gateway, [envelope])

    # The later word comes first.
    approved("lsp_new", 10)
    approved("lsp_old", 0)
    before, after = arrive(5, kiosk_id=kiosk_id), arrive(15, kiosk_id=kiosk_id)
    elsewhere = arrive(5, kiosk_id=f"ksk_RJ102{secrets.randbelow(100_000):05d}")

    def sees(lsp_id: str | None, token: str) -> bool:
        person = {"id": "per_lsp", "role": "lsp", "lsp_id": lsp_id}
        access = viewing.identity.token("transactions:read", client_id="cli_app", person=person)
        got = viewing.call("GET", f"/v1/transactions/{token}", access)
        assert got.status_code in (200, 404), got.text
        return bool(got.status_code == 200)

    assert [sees("lsp_old", token) for token in (before, after, elsewhere)] == [True, False, False]
    assert [sees("lsp_new", token) for token in (before, after, elsewhere)] == [False, True, False]
    assert not any(sees(lsp_id, before) for lsp_id in ("lsp_other", None))


def test_of_an_erased_person_nothing_is_their_own_any_more(
    viewing: Stage, arrive: Arrive, person_id: str, mongo: Mongo
) -> None:
    token, others = arrive(1, person_id=person_id), arrive(2, person_id=f"per_{secrets.token_hex(16)}")
    access = viewing.identity.token("privacy:own", client_id="cli_app", person={"id": person_id, "role": "citizen"})
    part = viewing.call("GET", "/v1/privacy/export/gateway", access)
    assert (part.status_code, [item["id"] for item in part.json["items"]]) == (200, [token])
    asked = Erasing(SERVICE, mongo, viewing.gateway, person_id)
    asked.requested()
    assert asked.reasons() == ([], [])
    validate_produced(asked.answers()[0])
    asked.completed()
    assert own(viewing, person_id).json["items"] == []
    kept = {row["_id"]: row["person_id"] for row in mongo.db["transactions"].find({"_id": {"$in": [token, others]}})}
    assert (kept[token], kept[others].startswith("per_")) == ("erased", True)
    # Software with the app's id never saw it, and does not now.
    machine = viewing.identity.token("transactions:read", client_id="cli_app")
    assert viewing.call("GET", f"/v1/transactions/{token}", machine).status_code == 404


def test_what_is_told_of_an_erased_person_later_gives_nothing_back(
    viewing: Stage, arrive: Arrive, person_id: str, mongo: Mongo
) -> None:
    token = arrive(1, person_id=person_id)
    asked = Erasing(SERVICE, mongo, viewing.gateway, person_id)
    asked.requested()
    asked.completed()
    assert arrive(2, "payment.refunded.v1", person_id=person_id, transaction_token=token) == token
    # Begun while the person was being erased.
    late = arrive(3, person_id=person_id)
    viewing.gateway.erasures.look_again()
    assert own(viewing, person_id).json["items"] == []
    kept = {row["_id"]: len(row["events"]) for row in mongo.db["transactions"].find({"person_id": "erased"})}
    assert {name: kept.get(name) for name in (token, late)} == {token: 2, late: 1}
    # After an hour nothing is left to arrive.
    asked_rows = mongo.db["erasures_asked"]
    assert asked_rows.count_documents({"_id": asked.erasure_id}) == 1
    asked_rows.update_one({"_id": asked.erasure_id}, {"$set": {"erased_at": utc_now() - timedelta(minutes=61)}})
    viewing.gateway.erasures.look_again()
    assert asked_rows.count_documents({"_id": asked.erasure_id}) == 0


def test_an_erasure_that_cannot_be_answered_keeps_nobody_else_waiting(
    viewing: Stage, person_id: str, mongo: Mongo, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, asked = (Erasing(SERVICE, mongo, viewing.gateway, whose) for whose in (f"{person_id}_1", person_id))
    for one in (broken, asked):
        one.requested()
        mongo.db["erasures_asked"].update_one({"_id": one.erasure_id}, {"$set": {"said": None}})
    told = len(asked.answers())

    def answer(_: MongoPersonal, whose: str, session: object) -> Answer:
        del session
        if whose != person_id:
            raise KeyError("submitted_at")
        return Answer()

    monkeypatch.setattr(MongoPersonal, "answer", answer)
    mongo.db["erasures_asked"].update_many({}, {"$set": {"said": None}})
    with pytest.raises(KeyError):
        asked.answers()
    assert len([e for e in published(mongo) if e["subject"] == asked.erasure_id]) == told + 1
    mongo.db["erasures_asked"].delete_one({"_id": broken.erasure_id})
