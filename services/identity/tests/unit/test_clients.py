"""What a client must be, and what it may be granted."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from identity.domain.tokens.access_token import access_token_claims
from identity.domain.clients.client import ActingPerson, Client, ClientKind, InvalidDefinition, ScopeNotGranted
from identity.domain.clients.client_secrets import matches, new_secret, sha256_of

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
