"""Events reach every gateway's memory, and tokens that were given before are refused, or taken again."""

import secrets
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.foreign_services import Reply
from tests.support.stage import Stage, staged

from emitra_contracts import examples
from gateway.adapters.mongo_withdrawals import COLLECTION
from gateway.application.withdrawals import LONGEST_TOKEN_LIFE
from gateway.entrypoints.service import SERVICE
from servicekit.ids import event_id
from servicekit.instants import rfc3339, utc_now
from servicekit.mongo import Mongo
from servicekit.testing import deliver, eventually

Tell = Callable[..., None]


def told(event: str, subject: str, sequence: int = 2, **data: Any) -> dict[str, Any]:
    """An example about this centre, client, right or sign-in, of just now."""
    envelope = examples(event)[0]
    members = {name: rfc3339(utc_now()) for name in envelope["data"] if name.endswith("ed_at")}
    (of,) = (name for name, value in envelope["data"].items() if value == envelope["subject"])
    made = {**envelope["data"], **members, of: subject, **data}
    return {**envelope, "id": event_id(), "subject": subject, "sequence": str(sequence), "data": made}


def suspended(kiosk_id: str, sequence: int = 2, **data: Any) -> dict[str, Any]:
    return told("kiosk.suspended.v1", kiosk_id, sequence, **{"suspended_until": None, **data})


def right(right_id: str, state: str, sequence: int, **data: Any) -> dict[str, Any]:
    return told("right.changed.v1", right_id, sequence, **{"state": state, "ends_at": None, **data})


def any_id(beginning: str) -> str:
    return beginning + secrets.token_hex(8)


def any_kiosk() -> str:
    return f"ksk_RJ102{secrets.randbelow(100_000):05}"


@pytest.fixture
def tell(viewing: Stage, mongo: Mongo) -> Tell:
    """Has the gateway's table of events handle envelopes."""
    return lambda *envelopes: deliver(SERVICE, mongo, viewing.gateway, envelopes)


def read(stage: Stage, token: str) -> Any:
    return stage.call("GET", "/v1/payments/pay_1", token)


def code_for(stage: Stage, token: str) -> Any:
    """What a caller with the token is told once the gateway has read what is new; None: it goes through."""
    stage.gateway.withdrawals.read()
    got = read(stage, token)
    return None if got.status_code == 200 else got.json.get("why") or got.json["code"]


def test_a_token_given_before_the_suspension_is_refused_and_counts_again_afterwards(viewing: Stage, tell: Tell) -> None:
    kiosk_id = any_kiosk()
    token = viewing.identity.token("payments:read", kiosk_id=kiosk_id)
    other = viewing.identity.token("payments:read", kiosk_id=any_kiosk())
    assert read(viewing, token).status_code == 200
    tell(suspended(kiosk_id, reason="overcharging"))
    refused = eventually(lambda: (got := read(viewing, token)).status_code == 403 and got, 5)
    problem = refused.json
    assert (problem["code"], problem["reason"], problem["suspended_until"]) == (
        "access-suspended",
        "overcharging",
        None,
    )
    assert problem["title_hi"] == "केंद्र निलंबित है"
    assert "बहाली" in problem["detail_hi"]
    assert read(viewing, other).status_code == 200
    tell(told("kiosk.reinstated.v1", kiosk_id, 3))
    assert eventually(lambda: read(viewing, token).status_code == 200, 5)


def test_a_person_who_works_at_a_suspended_centre_is_refused_like_its_software(viewing: Stage, tell: Tell) -> None:
    kiosk_id = any_kiosk()
    person = {"id": "per_1", "role": "staff"}
    tell(suspended(kiosk_id))
    token = viewing.identity.token("payments:read", client_id="cli_app", kiosk_id=kiosk_id, person=person, sid="gra_1")
    assert code_for(viewing, token) == "access-suspended"


def test_a_token_that_identity_still_gives_meanwhile_is_refused_too(viewing: Stage, tell: Tell) -> None:
    kiosk_id = any_kiosk()
    tell(suspended(kiosk_id))
    assert code_for(viewing, viewing.identity.token("payments:read", kiosk_id=kiosk_id)) == "access-suspended"


def test_a_closed_centres_tokens_are_refused(viewing: Stage, tell: Tell) -> None:
    kiosk_id = any_kiosk()
    tell(told("kiosk.closed.v1", kiosk_id, 4))
    assert code_for(viewing, viewing.identity.token("payments:read", kiosk_id=kiosk_id)) == "access-ended"


def test_a_revoked_clients_token_is_refused_as_the_protocol_says(viewing: Stage, tell: Tell) -> None:
    client = any_id("cli_")
    tell(told("client.revoked.v1", client))
    viewing.gateway.withdrawals.read()
    got = read(viewing, viewing.identity.token("payments:read", client_id=client))
    assert (got.status_code, got.json["code"], got.json["why"]) == (401, "token-withdrawn", "client-revoked")
    assert 'error="invalid_token"' in got.headers["WWW-Authenticate"]
    assert not viewing.billing.received


def test_a_token_that_was_revoked_alone_is_refused_and_its_clients_others_are_not(viewing: Stage, tell: Tell) -> None:
    client, token_id = any_id("cli_"), any_id("tok_")
    revoked = viewing.identity.token("payments:read", client_id=client, jti=token_id)
    assert code_for(viewing, revoked) is None
    tell(told("token.revoked.v1", token_id, 1, client_id=client))
    assert code_for(viewing, revoked) == "token-revoked"
    assert code_for(viewing, viewing.identity.token("payments:read", client_id=client)) is None


def test_an_ended_sign_in_takes_its_own_tokens_with_it_and_not_the_clients_others(viewing: Stage, tell: Tell) -> None:
    sign_in = any_id("gra_")
    tell(told("grant.revoked.v1", sign_in, 1))
    assert code_for(viewing, viewing.identity.token("payments:read", sid=sign_in)) == "sign-in-ended"
    assert code_for(viewing, viewing.identity.token("payments:read", sid=f"{sign_in}0")) is None


def test_a_right_that_is_suspended_or_ended_takes_its_tokens_with_it_and_no_others(viewing: Stage, tell: Tell) -> None:
    right_id = any_id("rgt_")
    token = viewing.identity.token("payments:read", right_id=right_id)
    tell(right(right_id, "active", 1))
    assert code_for(viewing, token) is None
    tell(right(right_id, "suspended", 2))
    assert code_for(viewing, token) == "right-changed"
    assert code_for(viewing, viewing.identity.token("payments:read", right_id=any_id("rgt_"))) is None
    tell(right(right_id, "active", 3))
    assert code_for(viewing, token) is None
    tell(right(right_id, "ended", 4, ends_at=rfc3339(utc_now() + timedelta(hours=1))))
    assert code_for(viewing, token) is None
    tell(right(right_id, "ended", 5, ends_at=rfc3339(utc_now())))
    assert code_for(viewing, token) == "right-changed"
    tell(right(right_id, "a-state-of-the-future", 6))
    assert code_for(viewing, token) == "right-changed"


def test_a_word_that_comes_after_a_later_one_changes_nothing(viewing: Stage, tell: Tell) -> None:
    kiosk_id, right_id = any_kiosk(), any_id("rgt_")
    tell(told("kiosk.reinstated.v1", kiosk_id, 3))
    tell(suspended(kiosk_id, 2))
    tell(right(right_id, "suspended", 2))
    tell(right(right_id, "active", 1))
    assert code_for(viewing, viewing.identity.token("payments:read", kiosk_id=kiosk_id)) is None
    assert code_for(viewing, viewing.identity.token("payments:read", right_id=right_id)) == "right-changed"


def test_a_refused_token_is_refused_for_the_gateways_own_operations_too(viewing: Stage, tell: Tell) -> None:
    kiosk_id = any_kiosk()
    tell(suspended(kiosk_id))
    viewing.gateway.withdrawals.read()
    got = viewing.call("GET", "/v1/transactions/EM1", viewing.identity.token("transactions:read", kiosk_id=kiosk_id))
    assert got.json["code"] == "access-suspended"


def test_a_gateway_that_starts_afterwards_knows_at_once(
    viewing: Stage, tell: Tell, mongo: Mongo, tmp_path: Path
) -> None:
    kiosk_id = any_kiosk()
    tell(suspended(kiosk_id))
    assert viewing.gateway.withdrawals
    with staged(tmp_path / "others", mongo) as later:
        token = later.identity.token("payments:read", kiosk_id=kiosk_id)
        assert read(later, token).json["code"] == "access-suspended"


def test_with_identity_down_what_was_told_is_refused_all_the_same(viewing: Stage, tell: Tell) -> None:
    kiosk_id = any_kiosk()
    token = viewing.identity.token("payments:read", kiosk_id=kiosk_id)
    assert read(viewing, token).status_code == 200
    viewing.identity_server.reply = lambda _: Reply(hang_up=True)
    tell(suspended(kiosk_id))
    assert code_for(viewing, token) == "access-suspended"


def test_the_store_forgets_what_no_token_can_be_left_of_and_keeps_what_lasts(tell: Tell, mongo: Mongo) -> None:
    client, kiosk_id = any_id("cli_"), any_kiosk()
    tell(told("client.revoked.v1", client), suspended(kiosk_id))
    rows = {row["_id"]: row for row in mongo.db[COLLECTION].find()}
    assert rows[client]["forget_at"] - rows[client]["noted_at"] == LONGEST_TOKEN_LIFE > timedelta(minutes=15)
    assert rows[kiosk_id]["forget_at"] is None
    index = mongo.db[COLLECTION].index_information()["forget"]
    assert (index["key"], index["expireAfterSeconds"]) == ([("forget_at", 1)], 0)
