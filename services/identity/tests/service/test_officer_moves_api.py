"""The administration moves officers over HTTP: within its districts, by its own name, and nobody else does."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.service.test_lives import Operator as Somebody
from tests.support.asking import body_of
from werkzeug.test import TestResponse

from identity.bootstrap import Identity
from identity.domain.people.rights import Right, Role
from servicekit.http import Person
from servicekit.instants import rfc3339, utc_now
from servicekit.testing import internal_headers

POST = {"role": Role.OFFICER, "department": "revenue", "designation": "Tehsildar", "districts": frozenset({"102"})}
TRANSFERS, LEAVES = "/v1/officer-transfers", "/v1/officer-leaves"
JAIPUR = Person(id="per_admin", role="district_admin", districts=frozenset({"102"}))
STATE = Person(id="per_state", role="state_admin")


def tomorrow(days: float = 1) -> str:
    return rfc3339((utc_now() + timedelta(days=days)).replace(microsecond=0))


@pytest.fixture
def officer(identity: Identity, sandbox: dict[str, Any]) -> Somebody:
    return Somebody(identity)


@pytest.fixture
def other(identity: Identity) -> Somebody:
    return Somebody(identity)


def order(
    http: FlaskClient, path: str, officer: Somebody, right: Right, person: Person | None = JAIPUR, **body: Any
) -> TestResponse:
    whole = {"person_id": officer.id, "right_id": right.id, "since": tomorrow(), "order": "Order 12/2027", **body}
    headers = internal_headers("identity", client_id="cli_desk", scopes=["rights:write"], person=person)
    sent = {name: value for name, value in whole.items() if value is not None}
    return http.post(path, json=sent, headers=headers)


def test_a_transfer_is_ordered_and_on_record_by_who_ordered_it(
    client: FlaskClient, officer: Somebody, other: Somebody
) -> None:
    right = officer.grant(**POST)
    answer = order(client, TRANSFERS, officer, right, post={"office": "tehsil-amber"}, successor_id=other.id)
    assert answer.status_code == 200, answer.text
    assert [made["person_id"] for made in body_of(answer)["items"]] == [officer.id, other.id]
    ended, new = officer.rights()
    assert (ended.changes[-1].by, ended.changes[-1].because) == ("per_admin", "Order 12/2027")
    assert new.office == "tehsil-amber"
    assert len(other.rights()) == 1


def test_a_leave_is_recorded_and_a_repeat_answers_the_same(
    client: FlaskClient, officer: Somebody, other: Somebody
) -> None:
    right, since, until = officer.grant(**POST), tomorrow(), tomorrow(9)
    first, again = (
        order(client, LEAVES, officer, right, since=since, until=until, substitute_id=other.id) for _ in range(2)
    )
    assert first.status_code == again.status_code == 200, first.text
    assert body_of(first) == body_of(again)
    substitute, back = body_of(first)["items"]
    assert (substitute["person_id"], substitute["begins_at"], substitute["ends_at"]) == (other.id, since, until)
    assert (back["person_id"], back["begins_at"], back["ends_at"]) == (officer.id, until, None)


def test_a_district_moves_nobody_of_elsewhere_or_to_elsewhere_and_the_state_does(
    client: FlaskClient, officer: Somebody
) -> None:
    right = officer.grant(**{**POST, "districts": frozenset({"102", "107"})})
    refused = order(client, TRANSFERS, officer, right)
    assert (refused.status_code, body_of(refused)["code"]) == (409, "move-refused")
    here = officer.grant(**POST)
    refused = order(client, TRANSFERS, officer, here, post={"districts": ["107"]})
    assert (refused.status_code, body_of(refused)["code"]) == (409, "move-refused")
    assert order(client, TRANSFERS, officer, here, STATE, post={"districts": ["117"]}).status_code == 200


@pytest.mark.parametrize("person", [
    None, *(Person(id="per_x", role=role, districts=frozenset({"102"})) for role in ("officer", "auditor", "citizen"))
])  # fmt: skip
def test_nobody_but_the_administration_moves_officers(
    client: FlaskClient, officer: Somebody, person: Person | None
) -> None:
    right = officer.grant(**POST)
    assert order(client, TRANSFERS, officer, right, person).status_code == 403
    assert order(client, LEAVES, officer, right, person, until=tomorrow(2)).status_code == 403
    assert officer.rights()[0].ends_at is None


def test_nobody_gives_a_post_to_themselves(client: FlaskClient, officer: Somebody, other: Somebody) -> None:
    right = officer.grant(**POST)
    themselves = Person(id=other.id, role="district_admin", districts=frozenset({"102"}))
    for path, body in (
        (TRANSFERS, {"successor_id": other.id}),
        (LEAVES, {"substitute_id": other.id, "until": tomorrow(2)}),
    ):
        refused = order(client, path, officer, right, themselves, **body)
        assert (refused.status_code, body_of(refused)["code"]) == (409, "move-refused")
    own = Person(id=officer.id, role="state_admin")
    assert order(client, TRANSFERS, officer, right, own, post={"designation": "Collector"}).status_code == 409


@pytest.mark.parametrize(
    ("path", "changes", "status"),
    [
        (TRANSFERS, {"right_id": "rgt_none"}, 404),
        (TRANSFERS, {"person_id": "per_nobody"}, 404),
        (TRANSFERS, {"successor_id": "per_nobody"}, 404),
        (LEAVES, {"until": "2020-01-01T00:00:00+05:30"}, 422),
        (LEAVES, {"until": None}, 422),
        (TRANSFERS, {"since": "tomorrow"}, 422),
        (TRANSFERS, {"since": "2027-04-01T00:00:00"}, 422),
        (TRANSFERS, {"order": ""}, 422),
        (TRANSFERS, {"order": "x" * 201}, 422),
        (TRANSFERS, {"person_id": "Ram Lal"}, 422),
        (TRANSFERS, {"post": {"districts": []}}, 422),
        (TRANSFERS, {"post": {"districts": ["x"]}}, 422),
        (TRANSFERS, {"post": {"role": "state_admin"}}, 422),
        (TRANSFERS, {"post": {"kiosk_id": "ksk_RJ10200001"}}, 422),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_the_reason(
    client: FlaskClient, officer: Somebody, path: str, changes: Any, status: int
) -> None:
    right = officer.grant(**POST)
    refused = order(
        client, path, officer, right, STATE, **{"until": tomorrow(2) if path == LEAVES else None, **changes}
    )
    assert refused.status_code == status, refused.text
    assert body_of(refused)["title_hi"]
    assert officer.rights()[0].ends_at is None
