"""One suite for what keeps the words of other services (fees, wallets, breaks) and for the fakes that stand in."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

import pytest
from pymongo.client_session import ClientSession
from tests.support.builders import NOW, PACE
from tests.support.fakes import FakeBreaks, FakeDemands, FakeWallets
from tests.support.world import World

from billing.adapters.mongo.bills import FeeDemandsWithin, MongoFeeDemands
from billing.adapters.mongo.breaks import BreaksWithin, MongoBreaks
from billing.adapters.mongo.ledger import WalletsWithin
from billing.application.bills.ports import FeeDemand, FeeDemands, NewFeeDemands
from billing.application.payments.ports import Breaks
from billing.application.wallets.ports import NewWallets, SandboxWallets
from billing.domain.ledger.entries import JournalEntry, sandbox_funding
from billing.domain.ledger.wallet import Wallet
from billing.domain.payments.breaks import Break, BreakKind
from servicekit.ids import public_id

LATER = NOW + timedelta(days=1)


class Demands(FeeDemands, NewFeeDemands, Protocol):
    """What one store of fees serves."""


class Wallets(NewWallets, SandboxWallets, Protocol):
    """What one store of wallets serves, and what it then holds."""

    def wallet(self, kiosk_id: str) -> Wallet | None:
        """A wallet, or None."""

    def approved_at(self, kiosk_id: str) -> datetime | None:
        """When its centre was approved, or None."""


class BreaksOf(Breaks, Protocol):
    """Breaks, and which a payment has."""

    def of(self, payment_id: str) -> list[Break]:
        """The breaks of a payment."""


class Stored:
    """The real stores, each word in a transaction of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._demands, self._breaks = MongoFeeDemands(world.mongo), MongoBreaks(world.mongo)

    def _write(self, act: Callable[[ClientSession], None]) -> None:
        self._world.mongo.transact(act)


class StoredDemands(Stored):
    def of_application(self, application_id: str) -> FeeDemand | None:
        return self._demands.of_application(application_id)

    def add(self, demand: FeeDemand) -> None:
        self._write(lambda session: FeeDemandsWithin(self._demands, session).add(demand))


class StoredWallets(Stored):
    def open(self, kiosk_id: str, *, credit_limit_paise: int, approved_at: datetime) -> None:
        def act(session: ClientSession) -> None:
            wallets = WalletsWithin(self._world.billing.wallets, session)
            wallets.open(kiosk_id, credit_limit_paise=credit_limit_paise, approved_at=approved_at)

        self._write(act)

    def fund(self, kiosk_id: str, entry: JournalEntry) -> bool:
        return self._world.billing.fund_sandbox_wallet.wallets.fund(kiosk_id, entry)

    def wallet(self, kiosk_id: str) -> Wallet | None:
        return self._world.billing.wallets.wallet(kiosk_id)

    def approved_at(self, kiosk_id: str) -> datetime | None:
        document = self._world.mongo.db.wallets.find_one({"_id": kiosk_id})
        return document["approved_at"] if document else None


class StoredBreaks(Stored):
    def open(self, opened: Break) -> None:
        self._write(lambda session: BreaksWithin(self._breaks, session).open(opened))

    def is_known(self, payment_id: str, kind: BreakKind) -> bool:
        with self._world.mongo.client.start_session() as session:
            return BreaksWithin(self._breaks, session).is_known(payment_id, kind)

    def of(self, payment_id: str) -> list[Break]:
        return [
            Break(row["payment_id"], BreakKind(row["kind"]), row["detail"], row["opened_at"], row["due_at"])
            for row in self._world.mongo.db.breaks.find({"payment_id": payment_id}).sort("_id", 1)
        ]


@pytest.fixture(params=["mongo", "fake"])
def demands(request: pytest.FixtureRequest) -> Demands:
    return FakeDemands() if request.param == "fake" else StoredDemands(request.getfixturevalue("world"))


@pytest.fixture(params=["mongo", "fake"])
def wallets(request: pytest.FixtureRequest) -> Wallets:
    return FakeWallets() if request.param == "fake" else StoredWallets(request.getfixturevalue("world"))


@pytest.fixture(params=["mongo", "fake"])
def breaks(request: pytest.FixtureRequest) -> BreaksOf:
    return FakeBreaks() if request.param == "fake" else StoredBreaks(request.getfixturevalue("world"))


def test_an_application_has_one_fee_the_first_that_was_told(demands: Demands) -> None:
    demand = FeeDemand(public_id("dem"), public_id("app"), 3_000, "an order", "एक आदेश", NOW)
    assert demands.of_application(demand.application_id) is None

    demands.add(demand)
    demands.add(replace(demand, fee_paise=9_000, raised_at=LATER))

    assert demands.of_application(demand.application_id) == demand
    assert demands.of_application("app_unknown") is None


def test_the_first_approval_of_a_centre_stands(wallets: Wallets) -> None:
    kiosk_id = public_id("ksk")
    assert (wallets.wallet(kiosk_id), wallets.approved_at(kiosk_id)) == (None, None)

    wallets.open(kiosk_id, credit_limit_paise=500, approved_at=NOW)
    wallets.open(kiosk_id, credit_limit_paise=900, approved_at=LATER)

    assert wallets.wallet(kiosk_id) == Wallet(kiosk_id, 0, 0, 500)
    assert wallets.approved_at(kiosk_id) == NOW


@pytest.mark.parametrize("approved_first", [True, False])
def test_play_money_comes_once_and_its_wallet_is_approved_before_or_after(
    wallets: Wallets, approved_first: bool
) -> None:
    kiosk_id = public_id("ksk")
    if approved_first:
        wallets.open(kiosk_id, credit_limit_paise=500, approved_at=NOW)

    assert wallets.fund(kiosk_id, sandbox_funding(kiosk_id, 700, NOW))
    assert not wallets.fund(kiosk_id, sandbox_funding(kiosk_id, 800, LATER))

    wallets.open(kiosk_id, credit_limit_paise=500, approved_at=NOW)
    assert wallets.wallet(kiosk_id) == Wallet(kiosk_id, 700, 0, 500)


def test_a_payment_has_one_break_of_a_kind_and_a_repeat_leaves_the_first(breaks: BreaksOf) -> None:
    payment_id = public_id("pay")
    refused = Break(payment_id, BreakKind.FEE_REFUSED, "why", NOW, NOW + PACE.deadline)
    late = replace(refused, kind=BreakKind.LATE_SUCCESS)
    assert not breaks.is_known(payment_id, BreakKind.FEE_REFUSED)
    for opened in (refused, late, replace(refused, detail="again", opened_at=LATER)):
        breaks.open(opened)

    assert breaks.is_known(payment_id, BreakKind.FEE_REFUSED)
    assert not breaks.is_known(payment_id, BreakKind.UNRESOLVED)

    assert breaks.of(payment_id) == [refused, late]
    assert breaks.of("pay_unknown") == []
