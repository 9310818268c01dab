"""Who gets through, with identity's keys fetched over HTTP."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from tests.support.access import Identity
from tests.support.documents import document, operation
from tests.support.foreign_services import Reply, foreign_service
from tests.support.stage import Stage

from gateway.adapters import identity_keys
from gateway.adapters.identity_keys import IdentityKeys
from gateway.application.errors import IdentityUnavailable


def read(stage: Stage, token: Any = None, **kwargs: Any) -> Any:
    return stage.call("GET", "/v1/payments/pay_1", token, **kwargs)


def test_without_a_token_the_caller_is_told_where_to_get_one(stage: Stage) -> None:
    got = read(stage)
    assert (got.status_code, got.json["code"]) == (401, "token-missing")
    assert "/v1/oauth2/token" in got.json["detail"]
    assert got.headers["WWW-Authenticate"] == 'Bearer realm="e-mitra"'
    assert not stage.billing.received


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Basic Y2xpOng=", "Bearer a b", "Bearer a,Bearer b", "a.b.c", "Bearer é", "Negotiate x"],
)
def test_an_authorization_of_another_form_is_an_invalid_token(stage: Stage, header: Any) -> None:
    got = read(stage, headers={"Authorization": header})
    assert (got.status_code, got.json["code"]) == (401, "token-invalid")
    assert 'error="invalid_token"' in got.headers["WWW-Authenticate"]


def test_an_expired_token_is_told_apart_from_an_invalid_one(stage: Stage) -> None:
    got = read(stage, stage.identity.token("payments:read", exp=int(time.time()) - 120))
    assert (got.status_code, got.json["code"]) == (401, "token-expired")
    assert 'error="invalid_token"' in got.headers["WWW-Authenticate"]
    forged = stage.identity.token("payments:read", key=OKPKey.generate_key("Ed25519", {"kid": "key-1"}))
    assert read(stage, forged).json["code"] == "token-invalid"
    assert not stage.billing.received


@pytest.mark.parametrize("exp", [2**63, 10**30, -1, 1e300, "tomorrow", True, [1]])
def test_a_rightly_signed_token_with_an_absurd_end_is_a_401(stage: Stage, exp: Any) -> None:
    got = read(stage, stage.identity.token("payments:read", exp=exp))
    assert (got.status_code, got.json["code"]) == (401, "token-invalid")
    assert not stage.billing.received


def test_a_missing_scope_is_named(stage: Stage) -> None:
    got = read(stage, stage.identity.token("payments:write", "billers:read"))
    assert (got.status_code, got.json["code"], got.json["missing_scope"]) == (403, "scope-missing", "payments:read")
    assert 'error="insufficient_scope", scope="payments:read"' in got.headers["WWW-Authenticate"]
    assert not stage.billing.received


def test_the_word_bearer_is_read_in_any_case(stage: Stage) -> None:
    token = stage.identity.token("payments:read")
    assert read(stage, headers={"Authorization": f"bearer {token}"}).status_code == 200


def test_a_callers_own_internal_headers_and_tokens_change_nothing(stage: Stage) -> None:
    internal = stage.gateway.internal_tokens.for_gateway("billing")
    assert read(stage, internal).status_code == 401
    own = stage.gateway.internal_tokens.for_gateway("gateway")
    assert stage.call("GET", "/v1/transactions/EM1", own).status_code == 401


def test_tokens_of_a_key_published_meanwhile_are_accepted_after_one_look(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity_keys, "UNKNOWN_KEY_COOLDOWN_SECONDS", 0.0)
    read(stage, stage.identity.token("payments:read"))
    assert len(stage.identity_server.received) == 1
    new = stage.identity.add_key("key-2")
    assert read(stage, stage.identity.token("payments:read", key=new)).status_code == 200
    assert len(stage.identity_server.received) == 2


def test_until_identity_has_given_its_keys_callers_are_told_to_come_back(stage: Stage) -> None:
    stage.identity_server.reply = lambda _: Reply(503)
    got = read(stage, stage.identity.token("payments:read"))
    assert (got.status_code, got.json["code"], got.json["retryable"]) == (503, "identity-unavailable", True)
    assert int(got.headers["Retry-After"]) > 0


class Clock:
    now = 1_000.0

    def __call__(self) -> Any:
        return self.now


@pytest.fixture
def clock() -> Any:
    return Clock()


@pytest.fixture
def keys(stage: Stage, clock: Clock) -> Any:
    return IdentityKeys(f"{stage.identity_server.url}/jwks", clock)


def fetched(stage: Stage) -> Any:
    return len(stage.identity_server.received)


def test_the_keys_are_fetched_once_in_five_minutes(stage: Stage, keys: IdentityKeys, clock: Clock) -> None:
    for _ in range(3):
        assert keys.find("key-1") is not None
    assert fetched(stage) == 1
    clock.now += 301
    assert keys.find("key-1") is not None
    assert fetched(stage) == 2


def test_unknown_keys_cause_one_look_in_ten_seconds_however_many_come(
    stage: Stage, keys: IdentityKeys, clock: Clock
) -> None:
    keys.find("key-1")
    clock.now += 11
    for number in range(5):
        assert keys.find(f"forged-{number}") is None
    assert fetched(stage) == 2
    clock.now += 11
    assert keys.find("forged-again") is None
    assert fetched(stage) == 3


def test_a_new_keys_first_tokens_wait_for_the_look_that_is_under_way(clock: Clock) -> None:
    identity = Identity()
    with foreign_service() as server, ThreadPoolExecutor(4) as threads:
        server.reply = lambda _: Reply(body=identity.key_set())
        keys = IdentityKeys(server.url, clock)
        keys.find("key-1")
        clock.now += 11
        identity.add_key("key-2")
        server.reply = lambda _: Reply(body=identity.key_set(), after_seconds=0.3)
        assert None not in list(threads.map(keys.find, ["key-2"] * 4))
        assert len(server.received) == 2


def test_while_identity_is_down_the_known_keys_stay_in_use(stage: Stage, keys: IdentityKeys, clock: Clock) -> None:
    keys.find("key-1")
    stage.identity_server.reply = lambda _: Reply(hang_up=True)
    clock.now += 3600
    assert keys.find("key-1") is not None
    assert keys.find("key-1") is not None
    assert fetched(stage) == 2
    stage.identity_server.reply = lambda _: Reply(body=stage.identity.key_set())
    clock.now += 2
    keys.find("key-1")
    assert fetched(stage) == 3


def test_a_withdrawn_key_is_forgotten_at_the_next_fetch(stage: Stage, keys: IdentityKeys, clock: Clock) -> None:
    stage.identity.add_key("key-2")
    assert keys.find("key-1") is not None
    del stage.identity.keys[0]
    clock.now += 301
    assert keys.find("key-1") is None
    assert keys.find("key-2") is not None


def test_while_no_keys_are_known_identity_is_not_hammered(stage: Stage, keys: IdentityKeys, clock: Clock) -> None:
    stage.identity_server.reply = lambda _: Reply(500)
    for _ in range(5):
        with pytest.raises(IdentityUnavailable):
            keys.find("key-1")
    assert fetched(stage) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"not json", b'{"keys": []}', b'{"keys": [7]}', b'{"keys": {}}', b'{"keys": "x"}',
     b'{"keys": [{"kty": "oct", "kid": "a", "k": "eA"}]}', b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a"}]}',
     b"x" * 70_000],
)  # fmt: skip
def test_an_answer_without_a_usable_key_is_no_key_set(stage: Stage, keys: IdentityKeys, body: Any) -> None:
    stage.identity_server.reply = lambda _: Reply(body=body)
    with pytest.raises(IdentityUnavailable):
        keys.find("a")


def test_a_black_hole_instead_of_identity_does_not_hold_requests_for_long(clock: Clock) -> None:
    with foreign_service() as silent:
        silent.reply = lambda _: Reply(after_seconds=4)
        began = time.monotonic()
        with pytest.raises(IdentityUnavailable):
            IdentityKeys(silent.url, clock).find("key-1")
        assert time.monotonic() - began < 3.5


def test_a_service_without_scopes_cannot_be_published_by_mistake(stage: Stage) -> None:
    shipped = document("open", {"/v1/open": {"get": {"responses": {}}}, "/v1/closed": {"get": operation("a:b")}})
    stage.publish("open", shipped, stage.billing.url)
    assert stage.call("GET", "/v1/open").status_code == 404
    assert stage.call("GET", "/v1/closed").status_code == 404
