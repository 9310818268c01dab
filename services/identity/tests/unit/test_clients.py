"""What a client must be, and what it may be granted."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from identity.domain.clients.client import (
    ActingPerson,
    Client,
    ClientKind,
    ScopeNotGranted,
    redirect_uri_problem,
)
from identity.domain.clients.client_secrets import matches, new_secret, sha256_of
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.tokens.access_token import access_token_claims

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
OFFICER = ActingPerson(
    id="per_1", role="officer", department="revenue", designation="Tehsildar", districts=frozenset({"102"})
)


def client(**changes: Any) -> Client:
    members: dict[str, Any] = {
        "id": "cli_counter_1",
        "name": "Counter 1",
        "kind": ClientKind.KIOSK,
        "secret_sha256": sha256_of("s"),
        "scopes": frozenset({"billers:read", "payments:write"}),
        "kiosk_id": "ksk_RJ10200001",
        "created_at": NOW,
    }
    return Client(**members | changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"id": "Counter 1"}, "client id"),
        ({"name": ""}, "name"),
        ({"scopes": frozenset()}, "scopes"),
        ({"scopes": frozenset({"everything"})}, "everything"),
        ({"kiosk_id": None}, "kiosk"),
        ({"kiosk_id": "RJ102"}, "kiosk id"),
        ({"kind": ClientKind.PORTAL}, "kiosk client"),
        ({"kind": ClientKind.OFFICER, "kiosk_id": None}, "officer"),
        ({"person": OFFICER}, "officer client"),
        ({"scopes": frozenset({"internal"})}, "internal"),
        ({"scopes": frozenset(f"a:b{n}" for n in range(65))}, "64"),
        ({"id": "cli_" + "x" * 61}, "client id"),
        ({"id": "cli_1\n"}, "client id"),
    ],
)
def test_a_client_that_breaks_a_rule_is_refused_and_told_which(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        client(**changes)
    assert says in "; ".join(caught.value.problems)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"districts": frozenset()}, "district"),
        ({"districts": frozenset({"Jaipur"})}, "LGD"),
        ({"department": "Revenue Department"}, "department"),
        ({"designation": ""}, "designation"),
        ({"designation_hi": ""}, "designation in Hindi"),
        ({"id": "4711"}, "person's id"),
    ],
)
def test_an_officer_that_breaks_a_rule_is_refused_and_told_which(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDefinition, match=says):
        replace(OFFICER, **changes)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back",
        "https://app.example:8443/back?x=1",
        "http://127.0.0.1:8765/back",
        "http://[::1]:8765/back",
        "in.gov.example.app:/back",
    ],
)
def test_people_may_be_sent_back_to(uri: str) -> None:
    assert redirect_uri_problem(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "", "app.example", "https://", "http://app.example/back", "http://localhost:8765/back", "https://a.example/#x",
        "https://me@a.example/", "https://me:you@a.example/", "https://*.a.example/", "https://a.example\\@b.example/",
        "javascript:alert(1)", "data:text/html,x", "app:/back", "https://a.example:99999/", "https://[::1/back",
        "https://a.example/ back", "https://a.example/क", "https://a.example/" + "x" * 512,
    ],
)  # fmt: skip
def test_nobody_may_be_sent_back_to(uri: str) -> None:
    assert redirect_uri_problem(uri)


SIGNS_IN: dict[str, Any] = {"kiosk_id": None, "redirect_uris": frozenset({"https://app.example/back"})}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": ClientKind.APP, "kiosk_id": None}, "redirect URI"),
        ({"redirect_uris": frozenset({"https://app.example/back"})}, "app or a portal"),
        ({**SIGNS_IN, "kind": ClientKind.PORTAL, "redirect_uris": frozenset({"http://app.example"})}, "https"),
        (
            {**SIGNS_IN, "kind": ClientKind.PORTAL, "redirect_uris": frozenset(f"https://a/{n}" for n in range(11))},
            "10",
        ),
        ({**SIGNS_IN, "kind": ClientKind.APP, "public_keys": ({"kty": "OKP"},)}, "private key"),
        ({"public_keys": ({"kty": "OKP"},) * 5}, "4 public keys"),
    ],
)
def test_a_client_that_signs_people_in_keeps_the_rules_of_that(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDefinition, match=says):
        client(**changes)


@pytest.mark.parametrize(
    ("changes", "grants"),
    [
        ({}, {"client_credentials"}),
        ({**SIGNS_IN, "kind": ClientKind.APP}, {"authorization_code", "refresh_token"}),
        (
            {**SIGNS_IN, "kind": ClientKind.PORTAL},
            {"authorization_code", "client_credentials", "refresh_token"},
        ),
    ],
)
def test_refresh_tokens_are_for_people_and_an_app_never_acts_for_itself(
    changes: dict[str, Any], grants: set[str]
) -> None:
    assert client(**changes).grant_types == grants


def test_every_broken_rule_is_told_at_once() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        client(id="?", name="", kiosk_id=None)
    assert len(caught.value.problems) == 3


def test_a_client_gets_what_it_asks_for_and_no_more_than_it_has() -> None:
    assert client().grant(frozenset({"billers:read"})) == {"billers:read"}
    assert client().grant(frozenset()) == {"billers:read", "payments:write"}
    with pytest.raises(ScopeNotGranted, match=r"^applications:decide$"):
        client().grant(frozenset({"billers:read", "applications:decide"}))


def test_a_token_says_for_which_centre_or_officer_it_is() -> None:
    claims = access_token_claims(client(), frozenset({"b:r"}), issuer="https://i", token_id="tok_1", issued_at=NOW)
    assert (claims["kiosk_id"], claims["sub"], claims["exp"] - claims["iat"]) == (
        "ksk_RJ10200001",
        "cli_counter_1",
        900,
    )
    assert "person" not in claims
    officer = client(kind=ClientKind.OFFICER, kiosk_id=None, person=OFFICER)
    claims = access_token_claims(officer, frozenset({"b:r"}), issuer="https://i", token_id="tok_1", issued_at=NOW)
    assert claims["person"] == {
        "id": "per_1",
        "role": "officer",
        "department": "revenue",
        "designation": "Tehsildar",
        "districts": ["102"],
    }
    assert claims["sub"] == "per_1"


def test_secrets_are_long_never_the_same_and_known_by_their_hash_only() -> None:
    first, second = new_secret("sandbox"), new_secret("sandbox")
    assert first != second
    assert len(first) > 43
    assert new_secret("live").startswith("emitra_live_")
    assert matches(first, sha256_of(first))
    assert not matches(second, sha256_of(first))


def test_a_client_does_not_show_its_secrets_hash() -> None:
    assert sha256_of("s") not in repr(client())
