"""The fakes of biller and provider answer as the real adapters do over the simulators: one suite for both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

import pytest
from tests.support.builders import a_payment
from tests.support.fakes import FakeBillers, FakeProvider
from tests.support.raw_server import closed_port
from tests.support.reference import BILLERS
from tests.support.simulators import Simulator

from billing.adapters.partners.biller_network import HttpBillerNetwork
from billing.adapters.partners.json_http import JsonClient
from billing.adapters.partners.payment_provider import HttpPaymentProvider
from billing.application.bills.ports import BillerNetwork
from billing.application.payments.ports import BillerPayments, PaymentProvider
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.form import Form
from billing.domain.payments.payment import Payment
from servicekit.ids import public_id


def network(url: str) -> HttpBillerNetwork:
    return HttpBillerNetwork(JsonClient(url, timeout_seconds=5, connections=1), "")


class Biller(Protocol):
    """A biller, and what happens to it."""

    @property
    def port(self) -> BillerPayments:
        """What is asked."""

    @property
    def network(self) -> BillerNetwork:
        """The same, as it is asked for bills."""

    def payment(self, outcome: Outcome) -> Payment:
        """A payment that the biller will take, with this outcome."""

    def lose_the_answer(self) -> None:
        """The next answer to a payment is lost on its way back."""

    def go_away(self) -> None:
        """From now on nobody listens."""

    def go_down(self) -> None:
        """The network listens, and cannot reach the biller."""


@dataclass
class SimulatedBiller:
    simulator: Simulator
    port: BillerPayments

    @property
    def network(self) -> BillerNetwork:
        return network(self.simulator.url)

    def payment(self, outcome: Outcome) -> Payment:
        number = {Outcome.SUCCESS: "100000000001", Outcome.PENDING: "100000000005"}[outcome]
        params = {"k_number": number}
        (bill,) = network(self.simulator.url).fetch(BILLERS["JVVNL"], params).bills
        told: dict[str, Any] = {"bill_ref": bill.bill_ref, "bill_paise": bill.amount_paise, "customer_params": params}
        return a_payment(public_id("pay"), **told)

    def lose_the_answer(self) -> None:
        self.simulator.faults(drop_response_next=1)

    def go_away(self) -> None:
        self.port = network(closed_port())

    def go_down(self) -> None:
        self.simulator.faults(down=["JVVNL"])


@dataclass
class FakedBiller:
    port: FakeBillers

    @property
    def network(self) -> BillerNetwork:
        return self.port

    def payment(self, outcome: Outcome) -> Payment:
        self.port.next_answers = [] if outcome is Outcome.SUCCESS else [outcome]
        return a_payment()

    def lose_the_answer(self) -> None:
        self.port.next_answers = [Outcome.UNKNOWN]

    def go_away(self) -> None:
        self.port.outage = "the network"

    def go_down(self) -> None:
        self.port.outage = "the biller"


@pytest.fixture(params=["simulator", "fake"])
def billers(request: pytest.FixtureRequest) -> Iterator[Biller]:
    if request.param == "fake":
        yield FakedBiller(FakeBillers())
        return
    simulator: Simulator = request.getfixturevalue("biller")
    yield SimulatedBiller(simulator, network(simulator.url))
    simulator.faults(down=[])


def test_a_biller_takes_a_payment_once_and_says_so_whenever_it_is_asked(billers: Biller) -> None:
    payment = billers.payment(Outcome.SUCCESS)
    assert billers.port.inquire(payment) == Answer(Outcome.NEVER_SEEN)

    first, again, asked = billers.port.pay(payment), billers.port.pay(payment), billers.port.inquire(payment)

    assert first.outcome is Outcome.SUCCESS
    assert first.reference
    assert first == again == asked


def test_a_biller_may_take_its_time(billers: Biller) -> None:
    payment = billers.payment(Outcome.PENDING)

    assert billers.port.pay(payment).outcome is billers.port.inquire(payment).outcome is Outcome.PENDING


def test_what_a_biller_took_is_found_though_its_answer_was_lost(billers: Biller) -> None:
    payment = billers.payment(Outcome.SUCCESS)
    billers.lose_the_answer()

    assert billers.port.pay(payment).outcome is Outcome.UNKNOWN
    assert billers.port.inquire(payment).outcome is Outcome.SUCCESS


def test_where_no_biller_listens_nothing_is_sent_and_nobody_can_be_asked(billers: Biller) -> None:
    payment = billers.payment(Outcome.SUCCESS)
    billers.go_away()

    assert [billers.port.pay(payment), billers.port.inquire(payment)] == [Answer(Outcome.NOT_SENT, down=True)] * 2


def test_a_biller_that_is_down_certainly_has_nothing_of_what_was_sent_meanwhile(billers: Biller) -> None:
    payment = billers.payment(Outcome.SUCCESS)
    billers.go_down()

    assert billers.port.pay(payment) == Answer(Outcome.NOT_SENT, down=True)
    assert billers.port.inquire(payment) == Answer(Outcome.NEVER_SEEN)


RECHARGE = {"mobile_number": "9876501234", "circle": "RAJASTHAN"}
CANDIDATE = {
    "enrolment_number": "IN123456",
    "examination": "ba-first-year",
    "session": "2026-27",
    "category": "regular",
}


def validated(billers: Biller, biller_id: str, values: dict[str, str], paise: int) -> Payment:
    """A payment of what the biller has validated."""
    reference = billers.network.validate(BILLERS[biller_id], values, paise)
    told: dict[str, Any] = {"biller_id": biller_id, "bill_ref": reference, "bill_paise": paise}
    return a_payment(public_id("pay"), customer_params=values, **told)


def test_what_a_biller_validated_it_takes_each_under_a_reference_of_its_own(billers: Biller) -> None:
    payments = [validated(billers, "JIO-PREPAID", RECHARGE, 19_900) for _ in range(2)]

    assert payments[0].bill_ref != payments[1].bill_ref
    assert [billers.port.pay(payment).outcome for payment in payments] == [Outcome.SUCCESS] * 2


def test_a_body_says_of_a_form_with_its_answer_and_whenever_it_is_asked(billers: Biller) -> None:
    if isinstance(billers, FakedBiller):
        billers.port.form = Form.INCOMPLETE
    payment = validated(billers, "SANDBOX-UNIVERSITY", CANDIDATE, 80_000)
    assert billers.port.inquire(payment).form is None

    assert [billers.port.pay(payment).form, billers.port.inquire(payment).form] == [Form.INCOMPLETE] * 2


class Provider(Protocol):
    """A provider, and what happens to it."""

    @property
    def port(self) -> PaymentProvider:
        """What is asked."""

    def card(self, outcome: Outcome) -> Payment:
        """A payment whose authorisation will have this outcome."""


@dataclass
class SimulatedProvider:
    port: PaymentProvider

    def card(self, outcome: Outcome) -> Payment:
        instrument = {Outcome.SUCCESS: "ok", Outcome.REFUSED: "declined", Outcome.PENDING: "pending"}[outcome]
        return a_payment(public_id("pay"), mode="CARD", instrument=f"tok_sandbox_{instrument}")


@dataclass
class FakedProvider:
    port: FakeProvider

    def card(self, outcome: Outcome) -> Payment:
        self.port.next_answers = [] if outcome is Outcome.SUCCESS else [outcome]
        return a_payment(mode="CARD")


@pytest.fixture(params=["simulator", "fake"])
def provider(request: pytest.FixtureRequest) -> Provider:
    if request.param == "fake":
        return FakedProvider(FakeProvider())
    simulator: Simulator = request.getfixturevalue("psp")
    return SimulatedProvider(HttpPaymentProvider(JsonClient(simulator.url, timeout_seconds=5, connections=1)))


End = Callable[[PaymentProvider, Payment], Answer]


def capture(port: PaymentProvider, payment: Payment) -> Answer:
    return port.capture(payment)


def void(port: PaymentProvider, payment: Payment) -> Answer:
    return port.void(payment)


@pytest.mark.parametrize("outcome", [Outcome.SUCCESS, Outcome.REFUSED, Outcome.PENDING])
def test_an_authorisation_is_made_once_and_known_by_an_id_of_the_providers_own(
    provider: Provider, outcome: Outcome
) -> None:
    payment = provider.card(outcome)
    assert provider.port.find_authorisation(payment).outcome is Outcome.NEVER_SEEN

    first, again = provider.port.authorise(payment), provider.port.authorise(payment)

    assert first.outcome is again.outcome is provider.port.find_authorisation(payment).outcome is outcome
    if outcome is Outcome.SUCCESS:
        assert first.reference
        assert first.reference == again.reference


@pytest.mark.parametrize(("end", "other"), [(capture, void), (void, capture)])
def test_an_authorisation_is_ended_once_in_one_way_and_by_its_id_alone(
    provider: Provider, end: End, other: End
) -> None:
    payment = provider.card(Outcome.SUCCESS)
    known = replace(payment, authorisation_id=provider.port.authorise(payment).reference)

    assert end(provider.port, replace(payment, authorisation_id="aut_nobody")).outcome is Outcome.REFUSED
    assert [end(provider.port, known).outcome for _ in range(2)] == [Outcome.SUCCESS] * 2
    assert other(provider.port, known).outcome is Outcome.REFUSED
    assert provider.port.find_authorisation(payment).outcome is Outcome.SUCCESS


def test_a_declined_authorisation_is_neither_captured_nor_voided(provider: Provider) -> None:
    payment = provider.card(Outcome.REFUSED)
    provider.port.authorise(payment)
    known = replace(payment, authorisation_id="aut_pay_1")

    assert [end(provider.port, known).outcome for end in (capture, void)] == [Outcome.REFUSED] * 2
