"""A citizen opens a centre: from the application to the first bill that the new centre pays."""

import secrets
import time
from collections.abc import Callable
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from emitra_local.stack import Stack
from tests.e2e.test_lives import ASSERTION_TYPE
from tests.e2e.test_sign_in import Person, asked, person, tokens_of
from tests.support.platform import Answer, Platform, eventually, new_key

__all__ = ["person"]

WITHIN_SECONDS = 60.0
SCOPE = "openid kiosks:read centre-applications:read centre-applications:write transactions:read"
# As identity's sandbox knows them.
MOBILES = {"lsp": "9000000104", "district_admin": "9000000121", "state_admin": "9000000131"}
DOCUMENTS = ["identity", "pan", "bank_account", "education", "residence", "police_verification", "premises"]

Signed = Callable[..., Answer]


def signed_in(platform: Platform, who: Person, **rest: str) -> Signed:
    """Calls as somebody who signed in."""
    _, tokens = tokens_of(platform, who, scope=SCOPE, **rest)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    def call(method: str, path: str, body: Any = None) -> Answer:
        headers = bearer | ({"Idempotency-Key": new_key()} if method == "POST" else {})
        return platform.call(method, path, body, headers)

    return call


@pytest.fixture
def offices(stack: Stack, platform: Platform) -> dict[str, Signed]:
    signed: dict[str, Signed] = {}
    for role, mobile in MOBILES.items():
        officer = Person(stack)
        officer.mobile = mobile
        signed[role] = signed_in(platform, officer, role=role)
    return signed


def a_form() -> dict[str, Any]:
    # Somewhere else in Jaipur each time: two applications for one place are refused.
    position = {"lat": 26.90 + secrets.randbelow(10_000) / 200_000, "lon": 75.79 + secrets.randbelow(10_000) / 200_000}
    return {
        "name_en": "e-Mitra Kendra Naya Marg",
        "name_hi": "ई-मित्र केंद्र नया मार्ग",
        "district_code": "102",
        "lsp_id": "lsp_sandbox_1",
        "date_of_birth": "1998-04-12",
        "education": "GRADUATE",
        "is_resident": True,
        "documents": DOCUMENTS,
        "equipment": ["computer", "printer", "fingerprint_scanner", "connection"],
        "premises": {
            "address": "1, Naya Marg, Jaipur",
            "pin": "302001",
            "position": position,
            "kind": "URBAN",
            "photographs": [{"shows": "front", "sha256": "0" * 64}, {"shows": "inside", "sha256": "1" * 64}],
        },
    }


def test_a_citizen_opens_a_centre_and_it_pays_its_first_bill(
    stack: Stack, platform: Platform, person: Person, offices: dict[str, Signed]
) -> None:
    citizen = signed_in(platform, person)
    form = a_form()
    submitted = citizen("POST", "/v1/centre-applications", form)
    assert submitted.status == 201, submitted
    opening = submitted.json
    moves = f"/v1/centre-applications/{opening['opening_id']}/moves"

    def followed(status: str) -> dict[str, Any] | None:
        asked_for = {"token": opening["transaction_token"]}
        answer = platform.call("POST", "/v1/transaction-lookups", asked_for)
        return dict(answer.json) if answer.status == 200 and answer.json["status"] == status else None

    eventually(lambda: followed("IN_VERIFICATION"), WITHIN_SECONDS, "the application can be followed")
    verification = {"act": "verify", "position": form["premises"]["position"], "documents_seen": DOCUMENTS}
    for role, move in (
        ("lsp", {"act": "recommend", "remarks": "Trained with us."}),
        ("district_admin", verification),
        ("district_admin", {"act": "pass_examination"}),
        ("state_admin", {"act": "approve"}),
        ("lsp", {"act": "bind_device", "device_id": f"SN-{secrets.token_hex(6).upper()}"}),
    ):
        moved = offices[role]("POST", moves, move)
        assert moved.status == 201, moved
    assert moved.json["state"] == "ACTIVE"
    kiosk_id = moved.json["kiosk_id"]
    eventually(lambda: followed("OPENED"), WITHIN_SECONDS, "whoever has the token is told that it is open")

    centre = the_centres_client(platform, person, kiosk_id)
    (bill, *_) = centre(
        "POST", "/v1/bill-fetches", {"biller_id": "JVVNL", "customer_params": {"k_number": "200000009701"}}
    ).json["bills"]

    def paid() -> Answer | None:
        # The wallet is opened by an event, with the credit of its provider.
        body = {"bill_id": bill["bill_id"], "amount": bill["amount"], "mode": "WALLET"}
        answer = centre("POST", "/v1/payments", body)
        return answer if answer.status in (201, 202) else None

    payment = eventually(paid, WITHIN_SECONDS, "the new centre pays its first bill")
    assert payment.json["receipt"] or payment.status == 202
    assert centre("GET", "/v1/wallet").json["kiosk_id"] == kiosk_id

    transaction = f"/v1/transactions/{payment.json['transaction_token']}"
    seen = eventually(lambda: there(offices["lsp"]("GET", transaction)), WITHIN_SECONDS, "its provider sees it")
    assert seen["reference_id"] == payment.json["payment_id"]
    another = platform.client("kiosk-jaipur")  # of one of the made-up providers
    elsewhere = another.pay(another.fetch_bill("200000009702")).json["transaction_token"]
    another.transaction_when(elsewhere, "COMPLETED", WITHIN_SECONDS)
    assert offices["lsp"]("GET", f"/v1/transactions/{elsewhere}").status == 404


def there(answer: Answer) -> Any:
    return answer.json if answer.status == 200 else None


def the_centres_client(platform: Platform, person: Person, kiosk_id: str) -> Signed:
    """The operator gives the centre's client a key, when identity has heard of the centre; it signs in by it."""

    def claimed() -> dict[str, Any] | None:
        try:
            _, operator = tokens_of(platform, person, app_name="centres-app", role="operator", scope="clients:claim")
        except KeyError:  # no such right yet: back in the app, with access_denied
            return None
        bearer = {"Authorization": f"Bearer {operator['access_token']}"}
        clients = platform.call("GET", "/v1/centre-clients", headers=bearer).json["items"]
        named = f"cli_{kiosk_id}"
        return next(({**client, "bearer": bearer} for client in clients if client["client_id"] == named), None)

    client = eventually(claimed, WITHIN_SECONDS, "the operator has a client")
    key = OKPKey.generate_key("Ed25519", {"kid": "counter-1"})
    path = f"/v1/centre-clients/{client['client_id']}/public-keys"
    assert platform.call("POST", path, {"keys": [key.as_dict(private=False)]}, client["bearer"]).status == 200
    issuer = platform.call("GET", "/.well-known/openid-configuration").json["issuer"]
    at = int(time.time())
    claims = {"iss": client["client_id"], "sub": client["client_id"], "aud": issuer, "iat": at, "exp": at + 60}
    signed = jwt.encode(
        {"alg": "Ed25519", "kid": "counter-1"}, {**claims, "jti": secrets.token_hex(16)}, key, algorithms=["Ed25519"]
    )
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    bearer = {"Authorization": f"Bearer {asked(platform, '/v1/oauth2/token', form)['access_token']}"}

    def call(method: str, path: str, body: Any = None) -> Answer:
        headers = bearer | ({"Idempotency-Key": new_key()} if method == "POST" else {})
        return platform.call(method, path, body, headers)

    return call
