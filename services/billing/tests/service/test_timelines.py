"""The money timeline over HTTP: one chain for everybody, signed, of which each sees what is theirs to see."""

import hashlib
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import KeySet
from tests.support.world import Caller, World, json_of

from servicekit.http import Person
from servicekit.tokens import signatures

DISTRICT = "102"


def told(caller: Caller, payment_id: str) -> dict[str, Any]:
    answer = caller.get(f"/v1/payments/{payment_id}/timeline")
    assert answer.status_code == 200, answer.json
    timeline: dict[str, Any] = json_of(answer)
    return timeline


def sha256(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def checked(world: World, timeline: dict[str, Any]) -> None:
    """As anybody checks it: with what is shown and the published keys."""
    digest = timeline["payment_id"]
    for hop in timeline["items"]:
        digest = sha256(digest, hop["record"])
        assert hop["digest"] == digest
        if hop["legs"]:
            assert json.loads(hop["record"])["legs_sha256"] == sha256(hop["legs"]["salt"], hop["legs"]["text"])
    keys = KeySet.import_key_set(json_of(world.http.get("/v1/timeline-keys")))
    signed = json.loads(jws.deserialize_compact(timeline["jws"], keys, registry=signatures("EdDSA")).payload)
    assert signed.pop("signed_at").endswith("Z")
    assert signed == {"payment_id": timeline["payment_id"], "hops": len(timeline["items"]), "head": digest}
    assert timeline["head"] == digest


@pytest.fixture
def centre(world: World) -> Caller:
    """A centre of whose district and provider the register told."""
    centre = world.centre()
    world.mongo.db.centres.insert_one({"_id": centre.kiosk_id, "district_code": DISTRICT, "lsp_id": "lsp_1"})
    return centre


def person(world: World, role: str, **of: Any) -> Caller:
    return Caller(world.http, client_id="cli_app", person=Person(f"per_{role}", role, **of))


def test_the_timeline_is_one_chain_for_all_who_may_see_it_and_each_can_check_it(world: World, centre: Caller) -> None:
    payment_id = json_of(centre.pay(centre.bill()))["payment_id"]
    everybody = [
        centre,
        person(world, "lsp", lsp_id="lsp_1"),
        person(world, "officer", department="energy", districts=frozenset({DISTRICT})),
        person(world, "district_admin", districts=frozenset({DISTRICT})),
        person(world, "state_admin"),
        person(world, "auditor"),
    ]
    timelines = [told(who, payment_id) for who in everybody]
    for timeline in timelines:
        checked(world, timeline)
        assert timeline["head"] == timelines[0]["head"]
        assert [hop["record"] for hop in timeline["items"]] == [hop["record"] for hop in timelines[0]["items"]]
    with_legs = [any(hop["legs"] for hop in timeline["items"]) for timeline in timelines]
    assert with_legs == [True, True, False, True, True, True]
    kinds = {(hop["kind"], hop["name"]) for hop in timelines[0]["items"]}
    assert {("call", "pay"), ("entry", "hold"), ("entry", "post"), ("event", "payment.completed.v1")} <= kinds
    assert all(hop["says"] and hop["says_hi"] for hop in timelines[0]["items"])


def test_a_citizen_sees_their_own_without_the_accounts(world: World) -> None:
    mine = Caller(world.http, client_id="cli_app", person=Person("per_mine", "citizen"))
    paid = json_of(mine.pay(mine.bill(), mode="CARD", payment_instrument="tok_sandbox_ok"))
    timeline = told(mine, paid["payment_id"])
    checked(world, timeline)
    assert not any(hop["legs"] for hop in timeline["items"])
    assert {"authorise", "pay", "capture"} <= {hop["name"] for hop in timeline["items"] if hop["kind"] == "call"}
    other = Caller(world.http, client_id="cli_app", person=Person("per_other", "citizen"))
    assert json_of(other.get(f"/v1/payments/{paid['payment_id']}/timeline"))["code"] == "payment-not-found"


@pytest.mark.parametrize(
    ("role", "of"),
    [
        ("lsp", {"lsp_id": "lsp_2"}),
        ("lsp", {}),
        ("officer", {"department": "revenue", "districts": frozenset({DISTRICT})}),
        ("officer", {"department": "energy", "districts": frozenset({"86"})}),
        ("district_admin", {"districts": frozenset({"86"})}),
    ],
)
def test_nobody_elses_payment_is_shown(world: World, centre: Caller, role: str, of: dict[str, Any]) -> None:
    payment_id = json_of(centre.pay(centre.bill()))["payment_id"]
    refused = person(world, role, **of).get(f"/v1/payments/{payment_id}/timeline")
    assert (refused.status_code, json_of(refused)["code"]) == (404, "payment-not-found")


def test_a_refund_lengthens_the_chain_and_changes_nothing_of_it(world: World, centre: Caller) -> None:
    payment_id = json_of(centre.pay(centre.bill()))["payment_id"]
    before = told(centre, payment_id)
    assert centre.refund(payment_id, 152_500, 152_500).status_code == 201
    after = told(centre, payment_id)
    checked(world, after)
    assert after["items"][: len(before["items"])] == before["items"]
    added = [(hop["kind"], hop["name"]) for hop in after["items"][len(before["items"]) :]]
    assert added == [
        ("state", "REFUND_REQUESTED"),
        ("entry", "refund"),
        ("state", "REFUND_REFUNDED"),
        ("event", "payment.refunded.v1"),
    ]


def test_a_payment_whose_record_was_changed_after_it_was_told_is_not_shown(world: World, centre: Caller) -> None:
    payment_id = json_of(centre.pay(centre.bill()))["payment_id"]
    told(centre, payment_id)
    entry_id = f"{payment_id}:post"
    entry = world.mongo.db.journal.find_one({"_id": entry_id})
    assert entry is not None
    legs = [{**leg, "account": leg["account"].replace("JVVNL", "AVVNL")} for leg in entry["legs"]]
    world.mongo.db.journal.update_one({"_id": entry_id}, {"$set": {"legs": legs}})
    try:
        refused = centre.get(f"/v1/payments/{payment_id}/timeline")
        assert (refused.status_code, json_of(refused)["code"]) == (409, "timeline-changed")
        assert json_of(refused)["hops"] == [f"entry:{entry_id}"]
    finally:
        world.mongo.db.journal.update_one({"_id": entry_id}, {"$set": {"legs": entry["legs"]}})
    checked(world, told(centre, payment_id))


def test_the_keys_are_public_and_have_no_private_part(world: World) -> None:
    answer = world.http.get("/v1/timeline-keys")
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    (key,) = json_of(answer)["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use"}
