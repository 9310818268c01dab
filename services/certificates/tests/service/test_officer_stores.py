"""One suite for both stores of charges and of bulk decisions: the real ones and the fakes that the unit tests trust."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.support.builders import MONDAY, SDO, TEHSILDAR, a_claim
from tests.support.fake_officers import FakeBulkDecisions, FakeCharges

from certificates.adapters.mongo.officers import MongoBulkDecisions, MongoCharges
from certificates.application.officers.ports import BulkDecisions, Charges
from certificates.domain.officers.bulk import BulkDecision, BulkItem, Outcome
from certificates.domain.officers.charge import Charge
from servicekit.errors import IdempotencyKeyReused
from servicekit.idempotency import Once
from servicekit.ids import public_id

# Far in the future, and of a department of each test's own: nothing of other tests is here.
DAY = date(2051, 3, 1)
AT = MONDAY.replace(year=2051)


@pytest.fixture(params=["mongo", "fake"])
def charges(request: pytest.FixtureRequest) -> Charges:
    return FakeCharges() if request.param == "fake" else MongoCharges(request.getfixturevalue("mongo"))


@pytest.fixture(params=["mongo", "fake"])
def bulk_decisions(request: pytest.FixtureRequest) -> BulkDecisions:
    return FakeBulkDecisions() if request.param == "fake" else MongoBulkDecisions(request.getfixturevalue("mongo"))


def a_charge(department: str, until_on: date = DAY) -> Charge:
    return Charge(
        id=public_id("chg"), officer_id="per_1", post=TEHSILDAR.designation, department=department,
        districts=frozenset({"102", "86"}), from_on=DAY, until_on=until_on, to_officer_id=None, to_posts=("A", "B"),
        made_at=AT,
    )  # fmt: skip


def test_a_charge_is_kept_once_for_a_claim(charges: Charges) -> None:
    charge, other = a_charge("dep_once"), a_charge("dep_once")
    claim = a_claim(public_id("key"))

    assert charges.once(claim, charge) == Once(charge.id, replayed=False)
    assert charges.once(claim, other) == Once(charge.id, replayed=True)
    with pytest.raises(IdempotencyKeyReused):
        charges.once(replace(claim, fingerprint="another-body"), other)

    assert (charges.get(charge.id), charges.get(other.id)) == (charge, None)


def test_a_charge_lives_until_its_last_day_is_over_or_it_is_ended(charges: Charges) -> None:
    department = public_id("dep")
    one, two = sorted((a_charge(department), a_charge(department, DAY + timedelta(days=1))), key=lambda one: one.id)
    last = max(one, two, key=lambda one: one.until_on)
    for charge in (two, one, a_charge("another")):
        charges.once(a_claim(public_id("key")), charge)

    assert list(charges.living(department, DAY)) == [one, two]
    assert list(charges.living(department, DAY + timedelta(days=1))) == [last]
    charges.end(last.id, AT)
    charges.end(last.id, AT + timedelta(hours=1))
    charges.end("chg_none", AT)
    assert charges.get(last.id) == replace(last, ended_at=AT)
    assert last not in charges.living(department, DAY)


def a_bulk(count: int = 2) -> BulkDecision:
    items = tuple(BulkItem(f"app_{number}", "verification", number or None) for number in range(count))
    return BulkDecision(
        id=public_id("blk"), officer=SDO, client_id="cli_1", remarks=None, request_id="req_1", items=items, made_at=AT
    )


def test_an_operation_runs_until_every_case_has_its_first_outcome(bulk_decisions: BulkDecisions) -> None:
    bulk, claim = a_bulk(), a_claim(public_id("key"))
    refused = Outcome("already-decided", "It is.", "है।")
    issued = Outcome(None, certificate_id="crt_1")

    assert bulk_decisions.once(claim, bulk) == Once(bulk.id, replayed=False)
    assert bulk_decisions.once(claim, a_bulk()) == Once(bulk.id, replayed=True)
    assert bulk_decisions.get(bulk.id) == bulk
    bulk_decisions.note(bulk.id, 1, refused, AT)
    bulk_decisions.note(bulk.id, 1, issued, AT)
    halfway = bulk_decisions.get(bulk.id)
    assert halfway is not None
    assert ([item.outcome for item in halfway.items], halfway.done_at) == ([None, refused], None)
    bulk_decisions.note(bulk.id, 0, issued, AT + timedelta(hours=1))
    bulk_decisions.note(bulk.id, 0, refused, AT + timedelta(hours=2))

    done = bulk_decisions.get(bulk.id)
    assert done is not None
    assert ([item.outcome for item in done.items], done.done_at) == ([issued, refused], AT + timedelta(hours=1))
    assert bulk_decisions.get("blk_none") is None


def test_the_oldest_operation_that_is_not_done_goes_on_first(bulk_decisions: BulkDecisions) -> None:
    # Before whatever other tests began.
    first, second = (replace(a_bulk(1), made_at=AT.replace(year=1999 + later)) for later in (0, 1))
    for bulk in (second, first):
        bulk_decisions.once(a_claim(public_id("key")), bulk)

    for expected in (first, second):
        running = bulk_decisions.running()
        assert running == expected
        bulk_decisions.note(expected.id, 0, Outcome(None), AT)
    after = bulk_decisions.running()
    assert after is None or after.id not in (first.id, second.id)
