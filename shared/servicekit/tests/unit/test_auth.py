import json
import time
import warnings
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet, OctKey, OKPKey

from servicekit.acts import AgreedAct, Agreement
from servicekit.errors import NotAuthenticated
from servicekit.http import auth, context
from servicekit.http.auth import InternalTokenVerifier
from servicekit.http.callers import Actor, Caller, Person
from servicekit.testing import internal_headers
from servicekit.testing.tokens import JWKS, sign

OLD_KEY = OKPKey.generate_key("Ed25519", {"kid": "old", "use": "sig"})


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": "gateway", "aud": "sample", "iat": now, "exp": now + 60, "client_id": "cli_1", "scope": "a:b"}
    return {k: v for k, v in {**made, **changes}.items() if v is not None}


def caller_of(token: str) -> Caller:
    return InternalTokenVerifier("sample", JWKS).authenticate(f"Bearer {token}")


def test_a_token_names_client_kiosk_scopes_and_person() -> None:
    officer = Person("per_1", "officer", "revenue", frozenset({"102", "103"}))
    headers = internal_headers("sample", client_id="cli_9", kiosk_id="ksk_1", scopes=["a:b", "c:d"], person=officer)
    known = InternalTokenVerifier("sample", JWKS).authenticate(headers["Authorization"])
    assert known == Caller("cli_9", "ksk_1", frozenset({"a:b", "c:d"}), officer)


def test_a_client_without_kiosk_or_person_has_none() -> None:
    assert caller_of(sign(claims())) == Caller("cli_1", None, frozenset({"a:b"}), None)


def test_a_token_of_somebody_who_acts_for_a_person_names_both_and_what_was_agreed_to() -> None:
    acts = (AgreedAct(type="payment", identifier="JVVNL", most_paise=5, once=True), AgreedAct(type="a", identifier="b"))
    actor = Actor("per_op", "cli_9", "ast_1", "ksk_1", "operator", acts)
    headers = internal_headers("sample", client_id="cli_9", person=Person("per_1", "citizen"), actor=actor)
    known = InternalTokenVerifier("sample", JWKS).authenticate(headers["Authorization"])
    assert (known.person, known.actor, known.assistance_id) == (Person("per_1", "citizen"), actor, "ast_1")
    assert known.agreement == Agreement("ast_1", acts)
    assert known.citizen_id == "per_1"
    alone = caller_of(sign(claims()))
    assert (alone.assistance_id, alone.citizen_id, alone.agreement) == (None, None, None)
    assert Caller("cli_1", person=Person("per_2", "officer")).citizen_id is None


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 10},
        {"exp": None},
        {"exp": "soon"},
        {"iat": None},
        # An hour ahead: these are made when tests are collected, which may be a minute before this one runs.
        {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 3640},
        {"exp": int(time.time()) + 7200},
        {"aud": "billing"},
        {"aud": ["sample", "billing"]},
        {"aud": None},
        {"iss": "somebody"},
        {"client_id": None},
        {"client_id": 7},
        {"scope": ["a:b"]},
        {"kiosk_id": 7},
        {"person": "per_1"},
        {"person": {"id": "per_1"}},
        {"person": {"id": "per_1", "role": "officer", "districts": [102]}},
        *(
            {"person": {"id": "per_1", "role": "citizen"}, "act": {"sub": "c", "client_id": "c"}, "assistance_id": "a"}
            | wrong
            for wrong in (
                {"act": "cli_1"},
                {"authorization_details": ["payment"]},
                {"authorization_details": [{"type": "payment"}]},
                {"authorization_details": [{"type": "payment", "identifier": "J", "once": "yes"}]},
                {"authorization_details": [{"type": "payment", "identifier": "J", "at_most": {}}]},
                {"authorization_details": [{"type": "payment", "identifier": "J", "at_most": {"amount": True}}]},
                {"act": {"sub": "c"}},
                {"act": {"sub": "c", "client_id": 7}},
                {"assistance_id": None},
                {"person": None},
            )
        ),
    ],
)
def test_a_token_whose_claims_are_not_ours_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated):
        caller_of(sign(claims(**changes)))


def test_a_token_signed_by_another_key_is_refused() -> None:
    with pytest.raises(NotAuthenticated):
        caller_of(sign(claims(), OKPKey.generate_key("Ed25519", {"kid": "test"})))
    with pytest.raises(NotAuthenticated):
        caller_of(sign(claims(), OKPKey.generate_key("Ed25519", {"kid": "unheard-of"})))


def test_the_older_name_of_the_algorithm_is_understood() -> None:
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):
        token = jwt.encode({"alg": "EdDSA", "kid": "old"}, claims(), OLD_KEY, algorithms=["EdDSA"])
    jwks = json.dumps(KeySet([OLD_KEY]).as_dict(private=False))
    assert InternalTokenVerifier("sample", jwks).authenticate(f"Bearer {token}").client_id == "cli_1"


def test_a_token_of_another_algorithm_is_refused() -> None:
    secret = OctKey.import_key("s" * 32, {"kid": "test"})
    with pytest.raises(NotAuthenticated):
        caller_of(jwt.encode({"alg": "HS256", "kid": "test"}, claims(), secret))
    unsigned = "eyJhbGciOiJub25lIn0." + sign(claims()).split(".")[1] + "."
    with pytest.raises(NotAuthenticated):
        caller_of(unsigned)


@pytest.mark.parametrize("token", ["x", "a.b.c", "....", "é.é.é", "a" * 10_000, "eyJhbGciOiJFZERTQSJ9..", "\ud800"])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotAuthenticated):
        caller_of(token)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "token"])
def test_a_header_without_a_bearer_token_is_refused(header: str) -> None:
    with pytest.raises(NotAuthenticated, match="Authorization"):
        InternalTokenVerifier("sample", JWKS).authenticate(header)


def test_a_token_is_verified_once_and_forgotten_when_it_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = InternalTokenVerifier("sample", JWKS)
    verified: list[str] = []
    real = jwt.decode

    def decode(token: str, *args: Any, **kwargs: Any) -> jwt.Token:
        verified.append(token)
        return real(token, *args, **kwargs)

    monkeypatch.setattr(jwt, "decode", decode)
    header = internal_headers("sample")["Authorization"]
    assert tokens.authenticate(header) == tokens.authenticate(header)
    assert len(verified) == 1
    later = time.time() + 60 + auth.CLOCK_LEEWAY_SECONDS
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(NotAuthenticated, match="expired"):
        tokens.authenticate(header)


def test_a_missing_token_is_a_401_with_a_challenge(client: FlaskClient) -> None:
    answer = client.get("/v1/payments/pay_1")
    assert (answer.status_code, answer.json["code"]) == (401, "not-authenticated")  # type: ignore[index]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_missing_scope_is_a_403_that_names_it(client: FlaskClient) -> None:
    answer = client.get("/v1/payments/pay_1", headers=internal_headers("sample", scopes=["payments:write"]))
    assert answer.status_code == 403
    assert answer.json["missing_scope"] == "payments:read"  # type: ignore[index]
    assert 'scope="payments:read"' in answer.headers["WWW-Authenticate"]


def test_who_calls_is_known_before_anything_that_was_sent_is_read(client: FlaskClient) -> None:
    assert client.post("/v1/payments", data=b"{", content_type="text/plain").status_code == 401
    assert client.get("/v1/payments?unheard=1").status_code == 401


def test_only_the_gateway_itself_reaches_internal_routes(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/v1/internal/transactions/EM1", headers=headers).status_code == 403
    gateway = internal_headers("sample", client_id="gateway", scopes=["internal"])
    assert client.get("/v1/internal/transactions/EM1", headers=gateway).status_code == 200


def test_a_public_route_needs_no_token_and_knows_no_caller(client: FlaskClient, sample: Any) -> None:
    assert client.get("/v1/payment-keys").status_code == 200
    sample.act = context.caller
    assert client.get("/v1/payment-keys").status_code == 500


def test_the_route_sees_the_caller(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get("/v1/payments/pay_1", headers=headers).json == {"payment_id": "cli_1/pay_1"}
