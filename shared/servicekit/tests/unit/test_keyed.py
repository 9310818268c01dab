from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from servicekit.http import idempotency_claim


def claims_of(sample: Any) -> list[Any]:
    claims: list[Any] = []
    sample.act = lambda: claims.append(idempotency_claim())
    return claims


@pytest.mark.parametrize(
    "key", ["a" * 15, "a" * 129, "key with spaces 123", '"key-of-this-very-test', "कुंजी" * 8, "a" * 16 + "/", ""]
)
def test_a_key_of_the_wrong_form_is_a_400_naming_the_header(
    client: FlaskClient, headers: dict[str, str], payment: dict[str, Any], key: str
) -> None:
    sent = {**headers, "Idempotency-Key": key.encode().decode("latin-1")}
    answer = client.post("/v1/payments", json=payment, headers=sent)
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == "Idempotency-Key"  # type: ignore[index]


def test_a_missing_key_is_a_400_that_says_how_to_send_one(
    client: FlaskClient, headers: dict[str, str], payment: dict[str, Any]
) -> None:
    answer = client.post("/v1/payments", json=payment, headers=headers)
    assert answer.status_code == 400
    assert "16 to 128" in answer.json["detail"]  # type: ignore[index]


def test_a_key_may_be_quoted_or_bare(
    client: FlaskClient, headers: dict[str, str], payment: dict[str, Any], sample: Any
) -> None:
    claims = claims_of(sample)
    for key in ("abcdefgh-12345.:_", '"abcdefgh-12345.:_"'):
        client.post("/v1/payments", json=payment, headers={**headers, "Idempotency-Key": key})
    assert [claim.key for claim in claims] == ["abcdefgh-12345.:_"] * 2


def test_the_claim_is_for_this_client_and_operation_and_lives_as_long_as_the_route_says(
    client: FlaskClient, keyed_headers: dict[str, str], payment: dict[str, Any], sample: Any
) -> None:
    claims = claims_of(sample)
    client.post("/v1/payments", json=payment, headers=keyed_headers)
    (claim,) = claims
    assert (claim.client_id, claim.operation) == ("cli_1", "create-payment")
    assert abs(claim.expires_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=1)


def test_the_fingerprint_follows_the_meaning_of_the_body_and_not_its_spelling(
    client: FlaskClient, keyed_headers: dict[str, str]
) -> None:
    def fingerprint(raw: str) -> Any:
        answer = client.post("/v1/payments", data=raw, headers=keyed_headers, content_type="application/json")
        return answer.json["fingerprint"]  # type: ignore[index]

    first = fingerprint('{"bill_id":"b","amount":{"amount":1,"currency":"INR"}}')
    assert fingerprint('{ "amount": {"currency":"INR", "amount":1}, "bill_id": "\\u0062" }') == first
    assert fingerprint('{"bill_id":"b","amount":{"amount":2,"currency":"INR"}}') != first


def test_the_same_body_for_another_thing_is_another_request(
    client: FlaskClient, keyed_headers: dict[str, str], payment: dict[str, Any]
) -> None:
    """Else a key used again by mistake would be answered with the first thing, and nothing done to the second."""

    def fingerprint(payment_id: str) -> Any:
        answer = client.post(f"/v1/payments/{payment_id}/refunds", json=payment["amount"], headers=keyed_headers)
        return answer.json["fingerprint"]  # type: ignore[index]

    assert fingerprint("pay_1") == fingerprint("pay_1")
    assert fingerprint("pay_1") != fingerprint("pay_2")


def test_a_replayed_answer_is_marked(
    client: FlaskClient, keyed_headers: dict[str, str], payment: dict[str, Any], sample: Any
) -> None:
    first = client.post("/v1/payments", json=payment, headers=keyed_headers)
    assert "Idempotent-Replayed" not in first.headers
    sample.act = lambda: True
    again = client.post("/v1/payments", json=payment, headers=keyed_headers)
    assert again.headers["Idempotent-Replayed"] == "true"
    sample.act = lambda: False
    assert "Idempotent-Replayed" not in client.post("/v1/payments", json=payment, headers=keyed_headers).headers


def test_a_claim_outside_a_keyed_route_is_a_mistake_in_the_code(
    client: FlaskClient, headers: dict[str, str], sample: Any
) -> None:
    claims_of(sample)
    assert client.get("/v1/payments/pay_1", headers=headers).status_code == 500
