"""Wires the service: the one place that names concrete classes. Called once per process, after the fork."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from billing.adapters import events
from billing.adapters.data.reference_data import load_billers, load_fees, require_rates
from billing.adapters.mongo import bills as mongo_bills
from billing.adapters.mongo import ledger as mongo_ledger
from billing.adapters.mongo import payments as mongo_payments
from billing.adapters.mongo.bills import MongoBills, MongoFeeDemands
from billing.adapters.mongo.books import MongoBooks
from billing.adapters.mongo.ledger import MongoLedger
from billing.adapters.mongo.payments import MongoPayments
from billing.adapters.partners.biller_network import HttpBillerNetwork, OwnFees
from billing.adapters.partners.json_http import JsonClient
from billing.adapters.partners.payment_provider import HttpPaymentProvider
from billing.application.bills.fetch_bills import FetchBillsHandler
from billing.application.payments.drive_payment import PaymentExecutor
from billing.application.payments.pay_bill import PayBillHandler
from billing.application.payments.sweep_payments import SweepPayments
from billing.domain.payments.receipts import civil_day
from billing.domain.tariff.billers import Biller
from billing.domain.tariff.fees import FeeSchedule
from billing.settings import Settings
from servicekit.events.outbox import Outbox
from servicekit.ids import event_id, public_id
from servicekit.mongo import Idempotency, Mongo

PUBLISHES = [events.COMPLETED, events.FAILED_EVENT]
INDEXES = {**mongo_payments.INDEXES, **mongo_ledger.INDEXES, **mongo_bills.INDEXES}
prepare = mongo_ledger.install_validators

# Connections kept beside those of the request threads: the sweeper's, in the worker.
_SPARE_CONNECTIONS = 8


@dataclass(frozen=True)
class Billing:
    """What routes, consumers, jobs and commands use."""

    settings: Settings
    billers: Mapping[str, Biller]
    fees: FeeSchedule
    fetch_bills: FetchBillsHandler
    pay_bill: PayBillHandler
    sweep_payments: SweepPayments
    payments: MongoPayments
    fee_demands: MongoFeeDemands
    ledger: MongoLedger
    books: MongoBooks


def utc_now() -> datetime:
    """The present instant: the saga asks for it after each call, for it cannot know before how long that took."""
    return datetime.now(UTC)


def bootstrap(settings: Settings, mongo: Mongo) -> Billing:
    """The service over one database and the two outside systems. Raises if a data file contradicts itself."""
    billers, fees = load_billers(), load_fees()
    require_rates(billers, fees, civil_day(utc_now()))
    idempotency = Idempotency(mongo)
    ledger = MongoLedger(mongo)
    payments = MongoPayments(mongo, ledger, Outbox(mongo.db, settings.service_name), idempotency)
    bills = MongoBills(mongo, idempotency)
    fee_demands = MongoFeeDemands(mongo)

    connections = settings.http_threads + _SPARE_CONNECTIONS
    network = HttpBillerNetwork(
        JsonClient(
            settings.biller_network_url, timeout_seconds=settings.biller_timeout_seconds, connections=connections
        ),
        settings.biller_callback_url,
    )
    internal = frozenset(biller.biller_id for biller in billers.values() if biller.internal)
    provider = HttpPaymentProvider(
        JsonClient(settings.psp_url, timeout_seconds=settings.psp_timeout_seconds, connections=connections)
    )
    pace = settings.pace()
    executor = PaymentExecutor(payments, OwnFees(internal, network), provider, pace, utc_now, event_id)
    return Billing(
        settings=settings,
        billers=billers,
        fees=fees,
        fetch_bills=FetchBillsHandler(
            billers, network, fee_demands, bills, payments, new_bill_id=lambda: public_id("bil")
        ),
        pay_bill=PayBillHandler(billers, fees, bills, payments, executor, pace),
        sweep_payments=SweepPayments(payments, executor, pace, utc_now),
        payments=payments,
        fee_demands=fee_demands,
        ledger=ledger,
        books=MongoBooks(mongo),
    )
