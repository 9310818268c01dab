"""Telling the money timeline: one chain, the same for everybody, and only to whom the payment is to be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.builders import KIOSK, NOW, PACE, a_payment
from tests.support.fakes import FakeCentres, FakePayments, FakeRefunds
from tests.support.reference import BILLERS

from billing.application.payments.errors import PaymentNotFound
from billing.application.refunds.request_refund import new_refund
from billing.application.timeline.errors import TimelineChanged
from billing.application.timeline.read_timeline import MOST_TRIES, TimelineReader, Viewer
from billing.domain.centres import Centre
from billing.domain.ledger.entries import JournalEntry
from billing.domain.refunds.refund import Destination
from billing.domain.timeline.chain import Chain
from billing.domain.timeline.hops import HopKind, Settled
from servicekit.access import EVERYTHING, NOTHING, Reach
from servicekit.errors import DependencyUnavailable

PAID = a_payment(district_code="86").posted(NOW, "ref", resume_at=NOW)
LATER = NOW + timedelta(hours=1)


@dataclass
class Told:
    """The chains, with another reader who was quicker so many `times`."""

    chains: dict[str, Chain] = field(default_factory=dict)
    times: int = 0

    def of(self, payment_id: str) -> Chain:
        return self.chains.get(payment_id, Chain(payment_id, "0f" * 16))

    def keep(self, before: Chain, after: Chain) -> bool:
        if self.times:
            self.times -= 1
            return False
        assert self.of(after.payment_id) == before
        self.chains[after.payment_id] = after
        return True


@dataclass
class Journal:
    """What the journal and closed settlements say of payments."""

    entries: list[JournalEntry] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def entries_of(self, payment_id: str) -> Sequence[JournalEntry]:
        return [entry for entry in self.entries if entry.payment_id == payment_id]

    def settled_of(self, payment_id: str) -> Sequence[Settled]:
        return self.settled if payment_id == "pay_1" else []


@dataclass
class KeptSeal:
    """application.timeline.ports.Seal that keeps what it was given to sign."""

    signed: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def sign(self, kind: str, content: Mapping[str, Any]) -> str:
        self.signed.append((kind, content))
        return f"seal-{len(self.signed)}"

    def public_keys(self) -> Mapping[str, Any]:
        return {}


@dataclass
class Office:
    """One payment that is complete, and all that tells of it."""

    payments: FakePayments = field(default_factory=lambda: FakePayments(payments={"pay_1": PAID}))
    journal: Journal = field(default_factory=lambda: Journal([PAID.hold_entry(NOW), PAID.post_entry(NOW)]))
    told: Told = field(default_factory=Told)
    seal: KeptSeal = field(default_factory=KeptSeal)
    centres: FakeCentres = field(default_factory=lambda: FakeCentres({KIOSK: Centre(KIOSK, "86", lsp_id="lsp_1")}))

    def __post_init__(self) -> None:
        self.refunds = FakeRefunds(self.payments)

    def reader(self) -> TimelineReader:
        return TimelineReader(
            self.payments, self.journal, self.refunds, self.journal, self.centres, BILLERS, self.told, self.seal
        )


@pytest.fixture
def office() -> Office:
    return Office()


def test_all_that_is_recorded_of_a_payment_is_told_in_the_chains_order_under_a_seal(office: Office) -> None:
    refund = new_refund(
        PAID, refund_id="rfd_1", client_id="cli_1", paise=500, destination=Destination.WALLET, reason="cancelled",
        request_id="req_1", at=NOW, pace=PACE,
    )  # fmt: skip
    office.refunds.refunds["rfd_1"] = refund
    office.journal.settled.append(Settled("pay_1:post", "stl_1", 152_500, LATER))

    told = office.reader().of("pay_1", Viewer(EVERYTHING), LATER)

    assert told.payment == PAID
    assert [hop.hop_id for hop in told.hops] == [link.hop_id for link in told.chain.links]
    hop_ids = {hop.hop_id for hop in told.hops}
    assert {"entry:pay_1:hold", "entry:pay_1:post"} < hop_ids
    assert {"settlement", "rfd_1"} <= {part for hop_id in hop_ids for part in hop_id.split(":")}
    assert told.seal == "seal-1"
    assert office.seal.signed == [
        (
            "timeline",
            {
                "payment_id": "pay_1",
                "hops": len(told.hops),
                "head": told.chain.head,
                "signed_at": "2026-11-23T07:00:00.000Z",
            },
        )
    ]
    assert office.told.chains["pay_1"] == told.chain


def test_what_was_told_once_is_told_again_and_what_is_new_comes_after_it(office: Office) -> None:
    first = office.reader().of("pay_1", Viewer(EVERYTHING), NOW)
    office.journal.settled.append(Settled("pay_1:post", "stl_1", 152_500, LATER))

    second = office.reader().of("pay_1", Viewer(EVERYTHING), LATER)

    assert second.chain.links[: len(first.chain.links)] == first.chain.links
    assert [hop.kind for hop in second.hops[len(first.hops) :]] == [HopKind.SETTLEMENT]


def test_a_record_that_is_not_what_was_told_is_not_shown_and_what_differs_is_named(office: Office) -> None:
    told = office.reader().of("pay_1", Viewer(EVERYTHING), NOW)
    changed, gone = [hop.hop_id for hop in told.hops if hop.kind is HopKind.ENTRY]
    entry = office.journal.entries[0]
    office.journal.entries = [replace(entry, at=LATER)]

    with pytest.raises(TimelineChanged) as refused:
        office.reader().of("pay_1", Viewer(EVERYTHING), LATER)

    assert refused.value.detail == (
        "The record differs from what was told before; the state administration has to look into it."
    )
    assert sorted(refused.value.members["hops"]) == sorted([changed, gone])


def test_who_is_not_the_only_reader_tries_again_but_not_for_ever(office: Office) -> None:
    office.told.times = MOST_TRIES - 1
    assert office.reader().of("pay_1", Viewer(EVERYTHING), NOW).hops

    office.told.times = MOST_TRIES
    with pytest.raises(DependencyUnavailable) as busy:
        office.reader().of("pay_1", Viewer(EVERYTHING), NOW)

    assert busy.value.detail == "The timeline is being told to too many at once; ask again."


@pytest.mark.parametrize(
    "viewer",
    [
        Viewer(NOTHING, "lsp_1"),
        Viewer(Reach({"kiosk_id": frozenset({KIOSK})})),
        Viewer(Reach({"department": frozenset({"energy"}), "district_code": frozenset({"86"})})),
    ],
    ids=["provider", "centre", "officer"],
)
def test_a_timeline_is_seen_by_the_provider_of_the_centre_and_by_whoever_may_see_the_payment(
    office: Office, viewer: Viewer
) -> None:
    assert office.reader().of("pay_1", viewer, NOW).payment == PAID


@pytest.mark.parametrize(
    "viewer",
    [
        Viewer(EVERYTHING, "lsp_2"),
        Viewer(NOTHING),
        Viewer(Reach({"department": frozenset({"water"}), "district_code": frozenset({"86"})})),
    ],
    ids=["another provider", "nobody", "an officer of another department"],
)
def test_to_anybody_else_there_is_no_such_payment(office: Office, viewer: Viewer) -> None:
    for payment_id in ("pay_1", "pay_none"):
        with pytest.raises(PaymentNotFound, match=r"^There is no payment with this id\.$"):
            office.reader().of(payment_id, viewer, NOW)
    assert office.told.chains == {}


def test_a_provider_sees_no_payment_that_no_centre_or_an_unknown_one_took(office: Office) -> None:
    office.payments.payments["pay_1"] = replace(PAID, kiosk_id=None)
    with pytest.raises(PaymentNotFound):
        office.reader().of("pay_1", Viewer(NOTHING, "lsp_1"), NOW)

    office.payments.payments["pay_1"] = PAID
    office.centres.centres.clear()
    with pytest.raises(PaymentNotFound):
        office.reader().of("pay_1", Viewer(NOTHING, "lsp_1"), NOW)


def test_no_officer_sees_a_payment_of_a_biller_that_is_no_longer_paid_here(office: Office) -> None:
    withdrawn = replace(PAID, biller_id="WITHDRAWN")
    office.payments.payments["pay_1"] = withdrawn
    energy = Reach({"department": frozenset({"energy"}), "district_code": frozenset({"86"})})

    with pytest.raises(PaymentNotFound):
        office.reader().of("pay_1", Viewer(energy), NOW)
    assert office.reader().of("pay_1", Viewer(EVERYTHING), NOW).payment == withdrawn


def test_a_payment_that_is_gone_by_the_time_it_is_told_is_not_there(office: Office) -> None:
    chain_of = office.told.of

    def of(payment_id: str) -> Chain:
        office.payments.payments.clear()
        return chain_of(payment_id)

    office.told.of = of  # type: ignore[method-assign]

    with pytest.raises(PaymentNotFound, match=r"^There is no payment with this id\.$"):
        office.reader().of("pay_1", Viewer(EVERYTHING), NOW)
