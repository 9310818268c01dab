"""An officer is transferred, or on leave: at each instant it is clear who acts in which post."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.service.test_lives import Operator as Somebody

from emitra_contracts import validate_produced
from identity.adapters.told_changes import ChangesWithin
from identity.application.people.change_right import EndRight
from identity.application.people.errors import RightRefused, UnknownPerson, UnknownRight
from identity.application.people.move_officer import OfficerOnLeave, TransferOfficer
from identity.bootstrap import Identity
from identity.domain.people.definitions import InvalidDefinition
from identity.domain.people.rights import Right, Role
from servicekit.instants import utc_now
from servicekit.mongo import Mongo
from servicekit.testing import published

POST = {"role": Role.OFFICER, "department": "revenue", "designation": "Tehsildar", "districts": frozenset({"102"})}
ORDER = {"by": "per_admin", "because": "Order 12/2026"}


def at(days: float) -> datetime:
    """So many days from now, as the database keeps it."""
    instant = utc_now() + timedelta(days=days)
    return instant.replace(microsecond=0)


@pytest.fixture
def officer(identity: Identity, sandbox: dict[str, Any]) -> Somebody:
    return Somebody(identity)


@pytest.fixture
def other(identity: Identity) -> Somebody:
    return Somebody(identity)


def transfer(officer: Somebody, right: Right, since: datetime, **more: Any) -> Any:
    order = {"post": None, "at": utc_now(), **ORDER, **more}
    return officer.identity.move_officer(TransferOfficer(person_id=officer.id, right_id=right.id, since=since, **order))


def leave(officer: Somebody, right: Right, since: datetime, until: datetime, **more: Any) -> Any:
    order = {"at": utc_now(), **ORDER, **more}
    return officer.identity.move_officer(
        OfficerOnLeave(person_id=officer.id, right_id=right.id, since=since, until=until, **order)
    )


def acts(somebody: Somebody, days: float) -> list[frozenset[str]]:
    """The districts of each post that somebody acts in, so many days from now."""
    return [right.districts for right in somebody.rights() if right.is_in_force(at(days))]


def test_a_transferred_officer_acts_in_the_new_post_from_then_on_and_a_successor_in_the_old(
    officer: Somebody, other: Somebody
) -> None:
    right = officer.grant(**POST, office="tehsil-amber")
    made = transfer(
        officer, right, at(3), post={"districts": frozenset({"107"}), "office": "tehsil-luni"}, successor_id=other.id
    )
    assert [person_id for person_id, _ in made] == [officer.id, other.id]
    here, there = frozenset({"102"}), frozenset({"107"})
    assert [(acts(officer, days), acts(other, days)) for days in (0.1, 2.9, 3.1)] == [
        ([here], []),
        ([here], []),
        ([there], [here]),
    ]
    _, new = officer.rights()
    assert (new.designation, new.office, new.changes[-1].because) == ("Tehsildar", "tehsil-luni", "Order 12/2026")
    assert other.rights()[0].office == "tehsil-amber"


def test_an_officer_on_leave_comes_back_and_the_substitute_goes(officer: Somebody, other: Somebody) -> None:
    right = officer.grant(**POST, ends_at=at(400))
    leave(officer, right, at(1), at(8), substitute_id=other.id)
    here = frozenset({"102"})
    assert [(acts(officer, days), acts(other, days)) for days in (0.9, 1.1, 7.9, 8.1, 401)] == [
        ([here], []),
        ([], [here]),
        ([], [here]),
        ([here], []),
        ([], []),
    ]


def test_nobody_has_to_take_the_place(officer: Somebody) -> None:
    right = officer.grant(**POST)
    leave(officer, right, at(1), at(2))
    (_, back) = officer.rights()
    assert transfer(officer, back, at(3)) == []
    assert [acts(officer, days) != [] for days in (0.1, 1.5, 2.5, 3.5)] == [True, False, True, False]


@pytest.mark.parametrize("order", [
    lambda officer, other, right, since: transfer(officer, right, since, post={"office": "b"}, successor_id=other.id),
    lambda officer, other, right, since: leave(officer, right, since, since.replace(year=2030), substitute_id=other.id),
])  # fmt: skip
def test_the_same_order_again_changes_nothing_and_tells_nothing(
    officer: Somebody, other: Somebody, shared_mongo: Mongo, order: Callable[..., Any]
) -> None:
    right, since = officer.grant(**POST), at(1)
    first = order(officer, other, right, since)
    before = (officer.rights(), other.rights(), len(published(shared_mongo)))
    assert [(person, made.id) for person, made in order(officer, other, right, since)] == [
        (person, made.id) for person, made in first
    ]
    assert (officer.rights(), other.rights(), len(published(shared_mongo))) == before


def test_each_right_that_changes_is_told_once(officer: Somebody, other: Somebody, shared_mongo: Mongo) -> None:
    right = officer.grant(**POST)
    made = transfer(officer, right, at(1), successor_id=other.id)
    told = [e for e in published(shared_mongo) if e["subject"] in {right.id, made[0][1].id}]
    assert [(e["subject"], e["data"]["state"], e["sequence"]) for e in told] == [
        (right.id, "active", "1"),
        (right.id, "ended", "2"),
        (made[0][1].id, "active", "1"),
    ]
    for envelope in told:
        validate_produced(envelope)


def test_what_cannot_be_is_refused_and_leaves_everybody_as_they_were(officer: Somebody, other: Somebody) -> None:
    ends_at = at(30)
    right = officer.grant(**POST, ends_at=ends_at)
    staff = officer.grant(role=Role.STAFF, kiosk_id="ksk_RJ10200009")
    here, elsewhere = frozenset({"102"}), frozenset({"107"})
    refused: list[tuple[type[Exception], Any]] = [
        (RightRefused, lambda: transfer(officer, staff, at(1))),
        (RightRefused, lambda: transfer(officer, right, at(-1))),
        (RightRefused, lambda: transfer(officer, right, at(31))),
        (RightRefused, lambda: transfer(officer, right, at(1), successor_id=officer.id)),
        (RightRefused, lambda: transfer(officer, right, at(1), post={"designation": "Tehsildar"})),
        (RightRefused, lambda: transfer(officer, right, at(1), districts=elsewhere)),
        (RightRefused, lambda: transfer(officer, right, at(1), districts=here, post={"districts": elsewhere})),
        (RightRefused, lambda: leave(officer, right, at(1), at(31), substitute_id=other.id)),
        (InvalidDefinition, lambda: leave(officer, right, at(2), at(1))),
        (InvalidDefinition, lambda: transfer(officer, right, at(1), by="Ram Lal")),
        (InvalidDefinition, lambda: transfer(officer, right, at(1), post={"department": "Not a slug"})),
        (UnknownPerson, lambda: transfer(officer, right, at(1), successor_id="per_nobody")),
        (UnknownRight, lambda: leave(other, right, at(1), at(2))),
    ]  # fmt: skip
    for error, act in refused:
        with pytest.raises(error):
            act()
    assert (officer.rights()[0].ends_at, len(officer.rights()), other.rights()) == (ends_at, 2, ())


def test_a_right_that_another_order_ended_moves_nowhere(officer: Somebody, other: Somebody) -> None:
    right, since = officer.grant(**POST), at(1)
    officer.identity.change_right(
        EndRight(person_id=officer.id, right_id=right.id, at=utc_now(), ends_at=since, **ORDER)
    )
    with pytest.raises(RightRefused, match="has ended"):
        transfer(officer, right, since, successor_id=other.id)
    assert other.rights() == ()


def test_where_one_of_two_changed_meanwhile_both_are_read_again(
    officer: Somebody, other: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = officer.grant(**POST)
    put_rights, seen = ChangesWithin.put_rights, []

    def late(self: ChangesWithin, person: Any, *right_ids: str) -> bool:
        seen.append(person.id)
        if len(seen) == 2:  # the successor's, after the officer's was written
            return False
        return put_rights(self, person, *right_ids)

    monkeypatch.setattr(ChangesWithin, "put_rights", late)
    transfer(officer, right, at(1), successor_id=other.id)
    assert seen == [officer.id, other.id] * 2
    assert [len(each.rights()) for each in (officer, other)] == [1, 1]
    assert len(officer.rights()[0].changes) == 2  # granted and ended, once


def test_who_dies_half_way_leaves_everybody_as_they_were(
    officer: Somebody, other: Somebody, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Stands for SIGKILL."""

    right = officer.grant(**POST)
    put_rights = ChangesWithin.put_rights

    def dies(self: ChangesWithin, person: Any, *right_ids: str) -> bool:
        if person.id == other.id:
            raise Killed
        return put_rights(self, person, *right_ids)

    with monkeypatch.context() as patched:
        patched.setattr(ChangesWithin, "put_rights", dies)
        with pytest.raises(Killed):
            transfer(officer, right, at(1), successor_id=other.id)
    assert (officer.rights()[0].ends_at, other.rights()) == (None, ())
    transfer(officer, right, at(1), successor_id=other.id)
    assert len(other.rights()) == 1
