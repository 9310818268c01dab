"""What a right must be, when it counts, and what a token says of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from identity.application.people.errors import RightRefused
from identity.application.people.rights import with_granted
from identity.domain.clients.client import Client, ClientKind
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.people.person import Person, rights_in_force
from identity.domain.people.rights import Change, Right, RightChange, Role, change_problems
from identity.domain.tokens.access_token import LIFETIME_SECONDS, SignedIn, access_token_claims
from identity.domain.tokens.grants import Grant

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
GRANT = Grant(
    id="gra_1", client_id="cli_app", person_id="per_1", scope="kiosks:read", auth_time=NOW, expires_at=NOW + HOUR
)
BOUND: dict[Role, dict[str, Any]] = {
    Role.OPERATOR: {"kiosk_id": "ksk_RJ10200001"},
    Role.STAFF: {"kiosk_id": "ksk_RJ10200001"},
    Role.LSP: {"lsp_id": "lsp_1"},
    Role.OFFICER: {"department": "revenue", "designation": "Tehsildar", "districts": frozenset({"102"})},
    Role.DISTRICT_ADMIN: {"districts": frozenset({"102", "107"})},
    Role.STATE_ADMIN: {},
    Role.AUDITOR: {},
}


def right(role: Role = Role.OPERATOR, **changes: Any) -> Right:
    return Right(**{"id": "rgt_1", "role": role, "begins_at": NOW, **BOUND[role], **changes})


def line(change: Change, at: datetime = NOW) -> RightChange:
    return RightChange(change=change, at=at, by="per_1", because="Order 7")


@pytest.mark.parametrize("role", BOUND)
def test_each_role_is_bound_to_what_it_is_of_and_to_nothing_else(role: Role) -> None:
    right(role)
    for name in BOUND[role]:
        with pytest.raises(InvalidDefinition, match=f"{role} needs: {name.replace('_', ' ')}"):
            right(role, **{name: frozenset() if name == "districts" else None})
    others = {name: value for bound in BOUND.values() for name, value in bound.items() if name not in BOUND[role]}
    for name, value in others.items():
        with pytest.raises(InvalidDefinition, match=f"{role} is not bound to: {name.replace('_', ' ')}"):
            right(role, **{name: value})


@pytest.mark.parametrize(
    ("role", "changes", "says"),
    [
        (Role.OPERATOR, {"id": "per_1"}, "rgt_"),
        (Role.OPERATOR, {"kiosk_id": "ksk_RJ1"}, "ksk_RJ10200001"),
        (Role.LSP, {"lsp_id": "a b"}, "lsp_"),
        (Role.OFFICER, {"department": "Revenue Department"}, "slug"),
        (Role.OFFICER, {"designation": "x" * 101}, "designation must have"),
        (Role.OFFICER, {"office": ""}, "office must have"),
        (Role.OFFICER, {"districts": frozenset({"Jaipur"})}, "LGD"),
        (Role.DISTRICT_ADMIN, {"districts": frozenset(str(n) for n in range(51))}, "at most 50"),
        (Role.AUDITOR, {"ends_at": NOW - HOUR}, "before it begins"),
    ],
)
def test_a_right_that_breaks_a_rule_is_refused_and_told_which(role: Role, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidDefinition, match=says):
        right(role, **changes)


def test_every_broken_rule_is_told_at_once() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        right(Role.OFFICER, id="x", department="R D", designation=None, kiosk_id="here", ends_at=NOW - HOUR)
    assert len(caught.value.problems) == 6


def test_nobody_is_granted_to_be_a_citizen() -> None:
    with pytest.raises(InvalidDefinition, match="everybody is a citizen"):
        Right(id="rgt_1", role=Role.CITIZEN, begins_at=NOW)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"begins_at": NOW + HOUR}, False),
        ({"ends_at": NOW + HOUR}, True),
        ({"ends_at": NOW}, False),
        ({"suspended_because": "Order 7"}, False),
    ],
)
def test_a_right_counts_from_its_beginning_to_its_end_unless_suspended(changes: dict[str, Any], counts: bool) -> None:
    person = Person(id="per_1", role="citizen", rights=(right(**changes),), created_at=NOW)
    assert bool(rights_in_force(person, NOW)) is counts
    assert bool(rights_in_force(person, NOW, Role.OPERATOR)) is counts
    assert rights_in_force(person, NOW, Role.STAFF) == ()


def test_what_is_done_to_a_right_stays_in_its_history() -> None:
    suspended = right().after(line(Change.GRANTED)).after(line(Change.SUSPENDED))
    assert (suspended.suspended_because, suspended.is_in_force(NOW)) == ("Order 7", False)
    reinstated = suspended.after(line(Change.REINSTATED))
    assert (reinstated.suspended_because, reinstated.is_in_force(NOW)) == (None, True)
    ended = reinstated.after(line(Change.ENDED, NOW + HOUR))
    assert (ended.ends_at, ended.ended_because) == (NOW + HOUR, "Order 7")
    assert [each.change for each in ended.changes] == ["GRANTED", "SUSPENDED", "REINSTATED", "ENDED"]


def test_a_right_that_is_ended_before_it_begins_never_does() -> None:
    later = right(begins_at=NOW + HOUR).after(line(Change.ENDED))
    assert not any(later.is_in_force(NOW + n * HOUR) for n in range(3))


@pytest.mark.parametrize("by", ["per_1", "cli_a", "01930a6c-0000-7000-8000-000000000000", "command-line"])
def test_a_change_is_by_an_id_and_for_a_reason(by: str) -> None:
    assert change_problems(by, "Order 7") == []
    assert len(change_problems("Ram Singh", "")) == len(change_problems(by + "\n", "x" * 201)) == 2


def claims(right: Right | None) -> dict[str, Any]:
    app = Client(
        id="cli_app",
        name="App",
        kind=ClientKind.APP,
        secret_sha256="",
        scopes=frozenset({"kiosks:read"}),
        redirect_uris=frozenset({"https://app.example/back"}),
        created_at=NOW,
    )
    person = Person(id="per_1", role="citizen", created_at=NOW)
    signed_in = SignedIn(person=person, right=right, grant=GRANT)
    return access_token_claims(
        app, app.scopes, issuer="https://issuer", token_id="tok_1", issued_at=NOW, signed_in=signed_in
    )


def test_a_token_carries_the_one_right_and_what_it_is_bound_to() -> None:
    assert claims(None)["person"] == {"id": "per_1", "role": "citizen"}
    assert claims(right())["kiosk_id"] == "ksk_RJ10200001"
    assert claims(right())["person"] == {"id": "per_1", "role": "operator"}
    assert "kiosk_id" not in claims(right(Role.LSP))
    officer = right(Role.OFFICER, office="tehsil-amber", designation_hi="तहसीलदार", districts=frozenset({"107", "102"}))
    assert claims(officer)["person"] == {
        "id": "per_1",
        "role": "officer",
        "department": "revenue",
        "office": "tehsil-amber",
        "designation": "Tehsildar",
        "designation_hi": "तहसीलदार",
        "districts": ["102", "107"],
    }


def test_a_token_does_not_outlive_the_right_that_it_carries() -> None:
    said = claims(right(ends_at=NOW + timedelta(seconds=90)))
    assert said["exp"] - said["iat"] == 90
    said = claims(right(ends_at=NOW + HOUR))
    assert said["exp"] - said["iat"] == LIFETIME_SECONDS


def test_nobody_grants_anything_to_who_was_erased() -> None:
    person = Person(id="per_1", role="citizen", created_at=NOW)
    assert with_granted(person, right(), NOW).rights == (right(),)
    with pytest.raises(RightRefused, match="erased"):
        with_granted(replace(person, erased_at=NOW), right(), NOW)
