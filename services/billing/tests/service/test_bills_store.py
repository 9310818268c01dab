"""One suite for the stores of bills and centres and for the fakes that stand in for them."""

from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest
from pymongo.client_session import ClientSession
from tests.support.builders import NOW, a_bill, a_claim
from tests.support.fakes import FakeBills, FakeCentres
from tests.support.world import World

from billing.adapters.mongo.centres import CentresWithin, MongoCentres
from billing.application.bills.ports import BillFetch, Bills, LeftOut, LeftOutReason
from billing.application.centres.ports import Centres, CentresTold
from billing.domain.centres import Centre, Standing
from billing.domain.payer import Payer
from billing.domain.tariff.bills import Bill
from servicekit.errors import IdempotencyKeyReused
from servicekit.ids import public_id

PAYER = Payer("cli_1", None)


@pytest.fixture(params=["mongo", "fake"])
def bills(request: pytest.FixtureRequest) -> Bills:
    if request.param == "fake":
        return FakeBills()
    world: World = request.getfixturevalue("world")
    return world.billing.fetch_bills.bills


def a_fetch(*bills: Bill, payer: Payer = PAYER) -> BillFetch:
    left_out = (LeftOut(LeftOutReason.NOTHING_TO_PAY, "2026-10", NOW.date()), LeftOut(LeftOutReason.NOT_READABLE))
    return BillFetch(public_id("bfe"), "JVVNL", payer, bills, NOW, left_out)


def new_bill() -> Bill:
    return a_bill(bill_id=public_id("bil"), due_on=NOW.date(), minimum_paise=100, bill_period="2026-10")


def test_a_fetch_is_read_back_as_it_was_stored_with_what_was_left_out(bills: Bills) -> None:
    quoted = replace(new_bill(), channel="KIOSK", fee_window="late", once_key="exam:1", older=("bill:1", "bill:2"))
    fetch = a_fetch(new_bill(), quoted, payer=PAYER)

    assert not bills.add(a_claim(fetch.bill_fetch_id), fetch).replayed

    assert bills.get_fetch(fetch.bill_fetch_id) == fetch
    assert [bills.get(bill.bill_id, PAYER) for bill in fetch.bills] == list(fetch.bills)
    assert bills.get_fetch("bfe_unknown") is None


def test_a_fetch_keeps_the_channel_that_was_stated(bills: Bills) -> None:
    fetch = a_fetch(new_bill(), payer=Payer("cli_1", None, stated_channel="MOB"))
    bills.add(a_claim(fetch.bill_fetch_id), fetch)

    read = bills.get_fetch(fetch.bill_fetch_id)

    assert read is not None
    assert (read.payer.channel, read) == ("MOB", fetch)


def test_a_claim_stands_for_the_first_fetch(bills: Bills) -> None:
    first, second = a_fetch(new_bill()), a_fetch(new_bill())
    claim = a_claim(first.bill_fetch_id)
    assert bills.find_claim(claim) is None
    bills.add(claim, first)

    again = bills.add(claim, second)

    assert (again.value, again.replayed) == (first.bill_fetch_id, True)
    assert bills.find_claim(claim) == again
    assert bills.get_fetch(second.bill_fetch_id) is None
    with pytest.raises(IdempotencyKeyReused):
        bills.add(replace(claim, fingerprint="another-body"), second)


def test_a_bill_is_shown_to_whoever_fetched_it_and_to_its_centre(bills: Bills) -> None:
    bill, ours = new_bill(), new_bill()
    bills.add(a_claim(bill.bill_id), a_fetch(bill))
    bills.add(a_claim(ours.bill_id), a_fetch(ours, payer=Payer("cli_1", "ksk_RJ10200001")))

    assert bills.get(bill.bill_id, Payer("cli_2", None)) is None
    assert bills.get(ours.bill_id, Payer("cli_2", None)) is None
    assert bills.get(ours.bill_id, Payer("cli_2", "ksk_RJ10200001")) == ours
    assert bills.get("bil_unknown", PAYER) is None


class Register(Centres, CentresTold, Protocol):
    """What billing keeps of the register, asked and told."""


class StoredRegister:
    """The real store, each word in a transaction of its own."""

    def __init__(self, world: World) -> None:
        self._mongo, self._centres = world.mongo, MongoCentres(world.mongo)

    def _within(self, session: ClientSession) -> CentresWithin:
        return CentresWithin(self._centres, session)

    def get(self, kiosk_id: str) -> Centre | None:
        return self._centres.get(kiosk_id)

    def keep(self, centre: Centre) -> None:
        self._mongo.transact(lambda session: self._within(session).keep(centre))

    def keep_district(self, kiosk_id: str, district_code: str) -> None:
        self._mongo.transact(lambda session: self._within(session).keep_district(kiosk_id, district_code))

    def keep_provider(self, kiosk_id: str, lsp_id: str) -> None:
        self._mongo.transact(lambda session: self._within(session).keep_provider(kiosk_id, lsp_id))


@pytest.fixture(params=["mongo", "fake"])
def register(request: pytest.FixtureRequest) -> Register:
    return FakeCentres() if request.param == "fake" else StoredRegister(request.getfixturevalue("world"))


def test_what_the_register_said_last_of_a_centre_is_kept(register: Register) -> None:
    kiosk_id = public_id("ksk")
    suspended = Centre(
        kiosk_id, "86", Standing.SUSPENDED, since=NOW, until=NOW + timedelta(days=15), reason="overcharging"
    )
    assert register.get(kiosk_id) is None

    register.keep_district(kiosk_id, "102")
    assert register.get(kiosk_id) == Centre(kiosk_id, "102")
    register.keep(suspended)
    assert register.get(kiosk_id) == suspended
    register.keep_district(kiosk_id, "102")
    assert register.get(kiosk_id) == suspended
    register.keep_provider(kiosk_id, "lsp_1")
    register.keep(suspended)
    assert register.get(kiosk_id) == replace(suspended, lsp_id="lsp_1")
