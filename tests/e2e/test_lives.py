"""Who may act for a centre follows the register, at the gateway too and with tokens that were given before."""

import base64
import json
import secrets
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from emitra_local.stack import Stack
from tests.e2e.test_sign_in import Person, asked, person, tokens_of
from tests.support.platform import Answer, Platform, eventually
from tests.support.register import heard, tell

__all__ = ["person"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Relay, broker, worker and a second of the gateway's; the machine that tests run on is slow.
WITHIN_SECONDS = 20.0


def sandbox_client(platform: Platform, name: str) -> dict[str, Any]:
    return next(dict(client) for client in platform.run_info["clients"] if client["name"] == name)


def token(platform: Platform, known: dict[str, Any], status: int = 200) -> Any:
    form = {
        "grant_type": "client_credentials",
        "client_id": known["client_id"],
        "client_secret": known["client_secret"],
    }
    return asked(platform, "/v1/oauth2/token", form, status)


def read(platform: Platform, access_token: str) -> Answer:
    return platform.call("GET", "/v1/kiosks/ksk_RJ10200001", headers={"Authorization": f"Bearer {access_token}"})


def when(platform: Platform, access_token: str, status: int) -> Answer:
    """The answer once it has the status."""

    def look() -> Answer | None:
        answer = read(platform, access_token)
        return answer if answer.status == status else None

    return eventually(look, WITHIN_SECONDS, f"the gateway answers {status}")


def claims_of(access_token: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(access_token.split(".")[1] + "==")))


def test_a_suspended_centres_token_is_refused_within_seconds_and_works_again_after_reinstatement(
    stack: Stack, platform: Platform
) -> None:
    known, neighbour = (sandbox_client(platform, name) for name in ("load-31", "load-32"))
    given, others = (token(platform, person)["access_token"] for person in (known, neighbour))
    assert read(platform, given).status == 200

    tell(stack, "kiosk.suspended.v1", known["kiosk_id"], reason="overcharging", suspended_until=None)
    refused = when(platform, given, 403).json
    assert (refused["code"], refused["reason"], refused["suspended_until"]) == (
        "access-suspended",
        "overcharging",
        None,
    )
    assert refused["title_hi"] == "केंद्र निलंबित है"
    assert refused["detail_hi"]
    eventually(lambda: token_is_refused(platform, known), WITHIN_SECONDS, "identity gives no other token")
    assert read(platform, others).status == 200

    tell(stack, "kiosk.reinstated.v1", known["kiosk_id"])
    assert when(platform, given, 200)
    assert token(platform, known)["access_token"]


def token_is_refused(platform: Platform, known: dict[str, Any]) -> bool:
    form = f"grant_type=client_credentials&client_id={known['client_id']}&client_secret={known['client_secret']}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = platform.call("POST", "/v1/oauth2/token", form.encode(), headers)
    return answer.status == 400 and answer.json["code"] == "centre-not-open"


def test_with_identity_down_a_suspension_reaches_the_gateway_all_the_same(stack: Stack, platform: Platform) -> None:
    known = sandbox_client(platform, "load-33")
    given = token(platform, known)["access_token"]
    programs = ["identity-api", "identity-worker", "identity-relay"]
    for program in programs:
        stack.stop_program(program)
    try:
        tell(stack, "kiosk.suspended.v1", known["kiosk_id"], suspended_until=None)
        assert when(platform, given, 403).json["code"] == "access-suspended"
    finally:
        for program in programs:
            stack.start_program(program)
        stack.await_ready(programs)
    # What it missed, identity hears when it is back.
    eventually(lambda: token_is_refused(platform, known), WITHIN_SECONDS, "identity gives no token")
    tell(stack, "kiosk.reinstated.v1", known["kiosk_id"])
    assert when(platform, given, 200)


def test_who_signs_out_is_out_at_the_gateway_too(platform: Platform, person: Person) -> None:
    client_id, tokens = tokens_of(platform, person, scope="openid kiosks:read")
    assert read(platform, tokens["access_token"]).status == 200
    asked(platform, "/v1/oauth2/revoke", {"client_id": client_id, "token": tokens["refresh_token"]})
    refused = when(platform, tokens["access_token"], 401).json
    assert (refused["code"], refused["why"]) == ("token-withdrawn", "sign-in-ended")


def test_a_token_that_was_revoked_alone_is_refused_at_the_gateway_and_the_next_one_counts(platform: Platform) -> None:
    known = sandbox_client(platform, "load-34")
    given, other = (token(platform, known)["access_token"] for _ in range(2))
    assert read(platform, given).status == 200
    secret = {name: known[name] for name in ("client_id", "client_secret")}
    asked(platform, "/v1/oauth2/revoke", {**secret, "token": given})
    refused = when(platform, given, 401).json
    assert (refused["code"], refused["why"]) == ("token-withdrawn", "token-revoked")
    assert read(platform, other).status == 200


def test_a_centre_lives_from_its_approval_to_its_closure(stack: Stack, platform: Platform, person: Person) -> None:
    """Its operator signs in and gives its client a key; the client works, until the centre is closed."""
    kiosk_id = f"ksk_RJ102{90_000 + secrets.randbelow(10_000)}"
    _, as_citizen = tokens_of(platform, person)
    person_id = claims_of(as_citizen["access_token"])["person"]["id"]
    approval = tell(stack, "kiosk.approved.v1", kiosk_id, operator_person_id=person_id)
    heard(stack, "identity", approval)

    _, operator = tokens_of(platform, person, app_name="centres-app", role="operator", scope="clients:claim")
    bearer = {"Authorization": f"Bearer {operator['access_token']}"}
    (client,) = platform.call("GET", "/v1/centre-clients", headers=bearer).json["items"]
    assert (client["client_id"], client["state"]) == (f"cli_{kiosk_id}", "waiting")
    key = OKPKey.generate_key("Ed25519", {"kid": "counter-1"})
    keys = {"keys": [key.as_dict(private=False)]}
    claimed = platform.call("POST", f"/v1/centre-clients/{client['client_id']}/public-keys", keys, bearer)
    assert (claimed.status, claimed.json["state"]) == (200, "active"), claimed

    metadata = platform.call("GET", "/.well-known/openid-configuration").json
    at = int(time.time())
    named = {"iss": client["client_id"], "sub": client["client_id"], "aud": metadata["issuer"]}
    signed = jwt.encode(
        {"alg": "Ed25519", "kid": "counter-1"},
        {**named, "jti": secrets.token_hex(16), "iat": at, "exp": at + 60},
        key,
        algorithms=["Ed25519"],
    )
    form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
    given = asked(platform, "/v1/oauth2/token", form)["access_token"]
    assert claims_of(given)["kiosk_id"] == kiosk_id
    assert read(platform, given).status == 200

    closure = tell(stack, "kiosk.closed.v1", kiosk_id)
    assert when(platform, given, 403).json["code"] == "access-ended"
    again = platform.call("GET", "/v1/centre-clients", headers=bearer)
    assert (again.status, again.json["code"]) == (403, "access-ended")
    heard(stack, "identity", closure)
    with pytest.raises(KeyError, match="code"):  # back in the app, with access_denied
        tokens_of(platform, person, app_name="centres-app", role="operator", scope="clients:claim")
