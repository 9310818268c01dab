"""One suite for both stores of breaks as people have them: the real one and the fake that the unit tests trust."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from tests.support.builders import NOW
from tests.support.fakes import FakePayments, FakeStoredBreaks

from billing.adapters.mongo.breaks import MongoBreaks
from billing.application.breaks.ports import StoredBreaks
from billing.domain.breaks.ending import Ending, Proposal, StoredBreak
from billing.domain.payments.breaks import Break, BreakKind, Resolution
from servicekit.mongo import Mongo

HOUR = timedelta(hours=1)
OF_PAYMENT = Break("pay_1", BreakKind.UNRESOLVED, "no answer", NOW, NOW + 2 * HOUR)
OF_REFUND = Break("pay_1", BreakKind.REFUND_UNRESOLVED, "no answer", NOW, NOW + HOUR, refund_id="rfd_1")
OF_TOP_UP = Break(None, BreakKind.TOP_UP_UNRESOLVED, "no answer", NOW, NOW + 2 * HOUR, top_up_id="top_1")
PROPOSAL = Proposal("prp_1", Ending.DONE, "REF-1", "F-1", "per_1", NOW, 3)
IDS = ["pay_1:refund-unresolved:rfd_1", "pay_1:unresolved", "top-up-unresolved:top_1"]


@dataclass(frozen=True)
class Stores:
    """A store, and how others open a break in it."""

    breaks: StoredBreaks
    open: Callable[[Break], object]


@pytest.fixture(params=["mongo", "fake"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        payments = FakePayments()

        def keep(opened: Break) -> None:
            payments.breaks[opened.refund_id or opened.top_up_id or opened.payment_id or "", opened.kind] = opened

        made = Stores(FakeStoredBreaks(payments), keep)
    else:
        mongo: Mongo = request.getfixturevalue("own_mongo")
        breaks = MongoBreaks(mongo)
        made = Stores(breaks, lambda opened: mongo.transact(lambda session: breaks.open(session, opened)))
    for opened in (OF_TOP_UP, OF_PAYMENT, OF_REFUND):
        made.open(opened)
    return made


def row_of(opened: Break, break_id: str) -> StoredBreak:
    return StoredBreak(
        break_id, opened.kind, opened.payment_id, opened.refund_id, opened.top_up_id, opened.detail, opened.opened_at,
        opened.due_at, "operations", is_open=True,
    )  # fmt: skip


def test_breaks_are_read_as_they_were_opened_those_that_are_due_first_in_front(stores: Stores) -> None:
    rows = [row_of(opened, name) for opened, name in zip((OF_REFUND, OF_PAYMENT, OF_TOP_UP), IDS, strict=True)]

    assert [stores.breaks.get(name) for name in IDS] == rows
    assert stores.breaks.get("pay_2:unresolved") is None
    assert list(stores.breaks.page(is_open=True, after=None, limit=2)) == rows[:2]
    assert list(stores.breaks.page(is_open=True, after=(rows[1].due_at, rows[1].break_id), limit=2)) == rows[2:]
    assert list(stores.breaks.page(is_open=False, after=None, limit=2)) == []


def test_a_proposal_takes_the_place_of_an_earlier_one_while_the_break_is_open(stores: Stores) -> None:
    later = replace(PROPOSAL, proposal_id="prp_2", ending=Ending.NOT_DONE, reference=None)
    resolution = Resolution(BreakKind.UNRESOLVED, NOW, "two people", proposal_id="prp_2", approved_by="per_2")

    assert [stores.breaks.propose(IDS[1], proposal) for proposal in (PROPOSAL, later)] == [True, True]

    row = stores.breaks.get(IDS[1])
    assert row is not None
    assert (row.proposal, row.is_open) == (later, True)
    assert stores.breaks.close(IDS[1], resolution)
    assert not stores.breaks.propose(IDS[1], PROPOSAL)
    assert not stores.breaks.propose("pay_2:unresolved", PROPOSAL)


def test_a_break_is_closed_once_and_only_with_the_proposal_that_was_seen(stores: Stores) -> None:
    stores.breaks.propose(IDS[1], PROPOSAL)
    seen = Resolution(BreakKind.UNRESOLVED, NOW + HOUR, "two people", proposal_id="prp_1", approved_by="per_2")

    assert not stores.breaks.close(IDS[1], replace(seen, proposal_id="prp_0"))
    assert stores.breaks.close(IDS[1], seen)
    assert not stores.breaks.close(IDS[1], seen)

    row = stores.breaks.get(IDS[1])
    assert row == replace(
        row_of(OF_PAYMENT, IDS[1]), is_open=False, proposal=PROPOSAL, approved_by="per_2", resolved_at=NOW + HOUR,
        resolved_by="two people",
    )  # fmt: skip
    assert list(stores.breaks.page(is_open=False, after=None, limit=9)) == [row]
