"""Identity's events reach every gateway's memory, and tokens that were given before are refused, or taken again."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from tests.support.stage import Stage, staged

from emitra_contracts import examples
from gateway.adapters.mongo_withdrawals import COLLECTION
from gateway.application.withdrawals import LONGEST_TOKEN_LIFE
from gateway.entrypoints.service import SERVICE
from servicekit.ids import event_id
from servicekit.instants import rfc3339, utc_now
from servicekit.mongo import Mongo
from servicekit.testing import deliver, eventually


def told(event: str, subject: str, sequence: int = 2, **data: Any) -> dict[str, Any]:
    """An example of identity's about this client or sign-in, of just now."""
    envelope = examples(event)[0]
    members = {name: rfc3339(utc_now()) for name in envelope["data"] if name.endswith("_at")}
    of = "grant_id" if event.startswith("grant.") else "client_id"
    made = {**envelope["data"], **members, of: subject, **data}
    return {**envelope, "id": event_id(), "subject": subject, "sequence": str(sequence), "data": made}


def suspended(subject: str, sequence: int = 2, **data: Any) -> dict[str, Any]:
    return told("client.suspended.v1", subject, sequence, **{"suspended_until": None, **data})


def any_client() -> str:
    return f"cli_{secrets.token_hex(8)}"


@pytest.fixture
def told_gateway(viewing: Stage, mongo: Mongo) -> Any:
    """Has the gateway's table of events handle envelopes."""
    return lambda *envelopes: deliver(SERVICE, mongo, viewing.gateway, envelopes)


def read(stage: Stage, token: str) -> Any:
    return stage.call("GET", "/v1/payments/pay_1", token)


def test_a_token_given_before_the_suspension_is_refused_and_counts_again_afterwards(
    viewing: Stage, told_gateway: Any
) -> None:
    client = any_client()
    token = viewing.identity.token("payments:read", client_id=client)
    other = viewing.identity.token("payments:read", client_id=any_client())
    assert read(viewing, token).status_code == 200
    told_gateway(suspended(client, reason="overcharging"))
    refused = eventually(lambda: (got := read(viewing, token)).status_code == 403 and got, 5)
    problem = refused.json
    assert (problem["code"], problem["reason"], problem["suspended_until"]) == ("access-suspended", "overcharging", None)
    assert problem["title_hi"] == "केंद्र निलंबित है"
    assert problem["detail_hi"]
    assert read(viewing, other).status_code == 200
    told_gateway(told("client.reinstated.v1", client, 3))
    assert eventually(lambda: read(viewing, token).status_code == 200, 5)


def test_a_revoked_clients_token_is_refused_as_the_protocol_says(viewing: Stage, told_gateway: Any) -> None:
    client = any_client()
    told_gateway(told("client.revoked.v1", client))
    viewing.gateway.withdrawals.read()
    got = read(viewing, viewing.identity.token("payments:read", client_id=client))
    assert (got.status_code, got.json["code"], got.json["why"]) == (401, "token-withdrawn", "client-revoked")
    assert 'error="invalid_token"' in got.headers["WWW-Authenticate"]
    assert not viewing.billing.received


def test_an_ended_sign_in_takes_its_own_tokens_with_it_and_not_the_clients_others(
    viewing: Stage, told_gateway: Any
) -> None:
    client, sign_in = any_client(), f"gra_{secrets.token_hex(8)}"
    told_gateway(told("grant.revoked.v1", sign_in, 1))
    viewing.gateway.withdrawals.read()
    person = {"id": "per_1", "role": "citizen"}
    of_it = viewing.identity.token("payments:read", client_id=client, person=person, sid=sign_in)
    of_another = viewing.identity.token("payments:read", client_id=client, person=person, sid=f"{sign_in}0")
    assert (read(viewing, of_it).json["why"], read(viewing, of_another).status_code) == ("sign-in-ended", 200)


def test_a_suspension_that_comes_after_its_reinstatement_changes_nothing(viewing: Stage, told_gateway: Any) -> None:
    client = any_client()
    told_gateway(told("client.reinstated.v1", client, 3))
    told_gateway(suspended(client, 2))
    viewing.gateway.withdrawals.read()
    assert read(viewing, viewing.identity.token("payments:read", client_id=client)).status_code == 200


def test_a_refused_token_is_refused_for_the_gateways_own_operations_too(viewing: Stage, told_gateway: Any) -> None:
    client = any_client()
    told_gateway(suspended(client))
    viewing.gateway.withdrawals.read()
    got = viewing.call("GET", "/v1/transactions/EM1", viewing.identity.token("transactions:read", client_id=client))
    assert got.json["code"] == "access-suspended"


def test_a_gateway_that_starts_afterwards_knows_at_once(
    viewing: Stage, told_gateway: Any, mongo: Mongo, tmp_path: Any
) -> None:
    client = any_client()
    told_gateway(suspended(client))
    with staged(tmp_path / "others", mongo) as later:
        assert read(later, later.identity.token("payments:read", client_id=client)).json["code"] == "access-suspended"


def test_with_identity_down_what_was_told_is_refused_all_the_same(viewing: Stage, told_gateway: Any) -> None:
    client = any_client()
    token = viewing.identity.token("payments:read", client_id=client)
    assert read(viewing, token).status_code == 200
    viewing.identity_server.reply = lambda _: (_ for _ in ()).throw(ConnectionError)
    told_gateway(suspended(client))
    viewing.gateway.withdrawals.read()
    assert read(viewing, token).json["code"] == "access-suspended"


def test_the_store_forgets_when_no_token_can_be_left(told_gateway: Any, mongo: Mongo) -> None:
    client = any_client()
    told_gateway(suspended(client))
    row = mongo.db[COLLECTION].find_one({"_id": client})
    assert row is not None
    assert row["forget_at"] - row["noted_at"] == LONGEST_TOKEN_LIFE > timedelta(minutes=15)
    index = mongo.db[COLLECTION].index_information()["forget"]
    assert (index["key"], index["expireAfterSeconds"]) == ([("forget_at", 1)], 0)
