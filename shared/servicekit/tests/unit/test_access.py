"""Who sees which object: one row for each kind of caller, and the filter that says the same."""

from itertools import product
from typing import Any

import pytest

from servicekit.access import EVERYBODY, EVERYTHING, NAMES, NOTHING, Belonging, Reach, Role, reach
from servicekit.errors import RoleNotPermitted
from servicekit.http.callers import Caller, Person, permit_role

HERE, ELSEWHERE = "ksk_RJ10200001", "ksk_RJ10700001"
OBJECTS = {
    "made by software for nobody": Belonging(client_id="cli_1", district_code="102", departments=["revenue"]),
    "made by other software": Belonging(client_id="cli_2", district_code="107", departments=["revenue"]),
    "made at the centre": Belonging(
        client_id="cli_1", kiosk_id=HERE, district_code="102", departments=["statistics"], lsp_id="lsp_1"
    ),
    "made at another centre": Belonging(client_id="cli_1", kiosk_id=ELSEWHERE, district_code="107", lsp_id="lsp_2"),
    "her own, by the app": Belonging(client_id="cli_1", person_id="per_1", district_code="107"),
    "somebody else's": Belonging(client_id="cli_1", person_id="per_2", district_code="102", departments=["revenue"]),
    "her own, at the centre": Belonging(client_id="cli_2", kiosk_id=HERE, person_id="per_1", district_code="102"),
    "of no department, nowhere": Belonging(client_id="cli_2"),
}
CALLERS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a citizen": (
        {"role": "citizen", "person_id": "per_1"},
        {"her own, by the app", "her own, at the centre"},
    ),
    "an operator": (
        {"role": "operator", "person_id": "per_9", "kiosk_id": HERE},
        {"made at the centre", "her own, at the centre"},
    ),
    "a member of the staff": (
        {"role": "staff", "person_id": "per_9", "kiosk_id": HERE},
        {"made at the centre", "her own, at the centre"},
    ),
    "software of the centre": (
        {"role": "machine", "kiosk_id": HERE},
        {"made at the centre", "her own, at the centre"},
    ),
    "software of no centre": (
        {"role": "machine"},
        {"made by software for nobody", "made at the centre", "made at another centre"},
    ),
    "an officer": (
        {"role": "officer", "person_id": "per_9", "department": "revenue", "districts": {"102"}},
        {"made by software for nobody", "somebody else's", "her own, at the centre"},
    ),
    "a district administrator": (
        {"role": "district_admin", "person_id": "per_9", "districts": {"107"}},
        {"made by other software", "made at another centre", "her own, by the app"},
    ),
    "an auditor": ({"role": "auditor", "person_id": "per_9"}, set(OBJECTS)),
    "a state administrator": ({"role": "state_admin", "person_id": "per_9"}, set(OBJECTS)),
    "a local service provider": ({"role": "lsp", "person_id": "per_9", "lsp_id": "lsp_1"}, {"made at the centre"}),
    "the platform's own": ({"role": "service"}, set()),
}


def seen_by(caller: dict[str, Any]) -> Reach:
    return reach(**{"client_id": "cli_1", **caller})


def test_every_role_has_a_row_and_a_name() -> None:
    assert {caller["role"] for caller, _ in CALLERS.values()} == set(Role) == set(NAMES)
    assert set(Role) - {"service"} == EVERYBODY


@pytest.mark.parametrize("who", CALLERS)
def test_a_caller_sees_what_the_rule_says_and_nothing_else(who: str) -> None:
    caller, sees = CALLERS[who]
    assert {name for name, what in OBJECTS.items() if seen_by(caller).covers(what)} == sees


@pytest.mark.parametrize(
    "caller",
    [
        {"role": "citizen"},
        {"role": "operator"},
        {"role": "staff", "kiosk_id": ""},
        {"role": "officer", "districts": {"102"}},
        {"role": "officer", "department": "revenue"},
        {"role": "district_admin"},
        {"role": "lsp", "person_id": "per_1", "kiosk_id": HERE},
        {"role": "inspector", "person_id": "per_1", "kiosk_id": HERE, "districts": {"102"}, "department": "revenue"},
        {"role": "AUDITOR", "person_id": "per_1"},
        {"role": ""},
    ],
)
def test_a_token_that_lacks_what_its_role_is_bound_to_or_names_no_known_role_sees_nothing(
    caller: dict[str, Any],
) -> None:
    unbound = [*OBJECTS.values(), Belonging()]
    if caller["role"] == "officer":
        unbound = [what for what in unbound if what.departments is not None or not caller.get("districts")]
    assert not [what for what in unbound if seen_by(caller).covers(what)]
    assert seen_by(caller).members


@pytest.mark.parametrize("who", CALLERS)
def test_the_filter_finds_what_the_rule_covers(who: str) -> None:
    """Here by what a filter of MongoDB means; in each service's store tests by MongoDB."""

    def matches(document: dict[str, Any], query: dict[str, Any]) -> bool:
        def holds(name: str, wanted: Any) -> bool:
            values = wanted["$in"] if isinstance(wanted, dict) else [wanted]
            return document.get(name) in values

        return all(holds(name, wanted) for name, wanted in query.items())

    caller, _ = CALLERS[who]
    for client_id, kiosk_id, person_id, department, district_code, lsp_id in product(
        ["cli_1", "cli_2"],
        [None, HERE, ELSEWHERE],
        [None, "per_1", "per_2"],
        ["revenue", "statistics"],
        ["102", "107"],
        [None, "lsp_1", "lsp_2"],
    ):
        members = {
            "client_id": client_id,
            "kiosk_id": kiosk_id,
            "person_id": person_id,
            "district_code": district_code,
            "lsp_id": lsp_id,
        }
        what = Belonging(**members, departments=[department])
        document = {**members, "department": department}
        assert matches(document, seen_by(caller).as_query()) is seen_by(caller).covers(what)


def test_nothing_and_everything_are_what_they_say() -> None:
    assert EVERYTHING.as_query() == {}
    assert NOTHING.as_query() == {"client_id": {"$in": []}}
    assert not any(NOTHING.covers(what) for what in OBJECTS.values())


@pytest.mark.parametrize(
    ("caller", "role"),
    [
        (Caller("cli_1"), Role.MACHINE),
        (Caller("gateway", scopes=frozenset({"internal"})), Role.SERVICE),
        (Caller("cli_1", person=Person("per_1", "operator")), Role.OPERATOR),
    ],
)
def test_who_calls_acts_in_one_role(caller: Caller, role: Role) -> None:
    assert caller.role == role
    permit_role(caller, [role])
    with pytest.raises(RoleNotPermitted):
        permit_role(caller, set(Role) - {role})


def test_who_is_refused_is_told_for_whom_it_is_in_both_languages() -> None:
    with pytest.raises(RoleNotPermitted) as caught:
        permit_role(Caller("cli_1", person=Person("per_1", "citizen")), {Role.STAFF, Role.OPERATOR})
    assert caught.value.detail == "This is for centre operators, centre staff; the token is of another role."
    assert "केंद्र संचालक, केंद्र कर्मचारी" in caught.value.members["detail_hi"]
    assert caught.value.members["roles"] == ["operator", "staff"]


def test_what_a_citizen_makes_is_theirs_and_what_others_make_is_nobodys_own() -> None:
    assert Caller("cli_1", person=Person("per_1", "citizen")).citizen_id == "per_1"
    for other in (Caller("cli_1"), Caller("cli_1", HERE, person=Person("per_1", "operator"))):
        assert other.citizen_id is None
