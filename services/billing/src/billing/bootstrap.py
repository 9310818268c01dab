"""Wires the service: the one place that names concrete classes. Called once per process, after the fork."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from prometheus_client import Metric
from pymongo.client_session import ClientSession
from pymongo.database import Database

from billing.adapters import events
from billing.adapters.data.bank_holidays import load_bank_days
from billing.adapters.data.catalogue import BillerFiles, Catalogue, load_billers, load_orders
from billing.adapters.data.commission_rules import load_commission_rules
from billing.adapters.data.dispute_codes import load_dispute_codes
from billing.adapters.data.fee_orders import read_orders
from billing.adapters.data.in_doubt_limits import load_doubt_limits, load_queue_limits
from billing.adapters.data.marked_yaml import BadFile
from billing.adapters.data.wallet_limits import load_wallet_limits
from billing.adapters.mongo import bills as mongo_bills
from billing.adapters.mongo import breaks as mongo_breaks
from billing.adapters.mongo import day_books as mongo_day_books
from billing.adapters.mongo import disputes as mongo_disputes
from billing.adapters.mongo import doubts as mongo_doubts
from billing.adapters.mongo import dues as mongo_dues
from billing.adapters.mongo import ledger as mongo_ledger
from billing.adapters.mongo import payment_metrics
from billing.adapters.mongo import payments as mongo_payments
from billing.adapters.mongo import personal as mongo_personal
from billing.adapters.mongo import receipts as mongo_receipts
from billing.adapters.mongo import refunds as mongo_refunds
from billing.adapters.mongo import settlements as mongo_settlements
from billing.adapters.mongo import top_ups as mongo_top_ups
from billing.adapters.mongo.bills import FeeDemandsWithin, MongoBills, MongoFeeDemands
from billing.adapters.mongo.books import MongoMarks, MongoRecords
from billing.adapters.mongo.breaks import BreaksWithin, MongoBreaks
from billing.adapters.mongo.centres import CentresWithin, MongoCentres
from billing.adapters.mongo.commission import MongoEarnings
from billing.adapters.mongo.day_books import MongoDayBooks
from billing.adapters.mongo.disputes import MongoDisputes
from billing.adapters.mongo.doubts import MongoDoubts
from billing.adapters.mongo.falls import MongoFalls
from billing.adapters.mongo.ledger import MongoLedger, WalletsWithin
from billing.adapters.mongo.migration import Migration, drop_old_index
from billing.adapters.mongo.payments import MongoPayments
from billing.adapters.mongo.penalties import PenaltiesWithin
from billing.adapters.mongo.receipts import MongoCopies, MongoOverchargeReports
from billing.adapters.mongo.refunds import MongoRefunds, RefundsWithin
from billing.adapters.mongo.settlements import MongoSettlements
from billing.adapters.mongo.statements import MongoStatements
from billing.adapters.mongo.tariff import MongoMonthOfPayments
from billing.adapters.mongo.timelines import MongoChains
from billing.adapters.mongo.top_ups import MongoTopUps
from billing.adapters.mongo.unit_of_work import UnitOfWork
from billing.adapters.partners.biller_network import HttpBillerNetwork, OwnFees
from billing.adapters.partners.day_files import HttpDayFiles
from billing.adapters.partners.json_http import JsonClient
from billing.adapters.partners.payment_provider import HttpPaymentProvider
from billing.adapters.rendering.typst_receipts import TypstReceipts
from billing.adapters.signing.jws_seal import JwsSeal
from billing.application.bills.fetch_bills import FetchBillsHandler
from billing.application.bills.raise_fee_demand import RaiseFeeDemandHandler
from billing.application.bills.read_plans import PlanReader
from billing.application.books.check_books import CheckBooksHandler
from billing.application.breaks.approve_ending import ApproveEndingHandler
from billing.application.breaks.propose_ending import ProposeEndingHandler
from billing.application.breaks.read_breaks import BreakReader
from billing.application.breaks.subjects import Subjects
from billing.application.centres.note_standing import NoteStandingHandler
from billing.application.centres.require_trading import RequireTradingHandler
from billing.application.commission.read_statement import CommissionReader
from billing.application.disputes.add_evidence import AddEvidenceHandler
from billing.application.disputes.decide_dispute import DecideDisputeHandler
from billing.application.disputes.open_dispute import OpenDisputeHandler
from billing.application.disputes.read_disputes import DisputeReader
from billing.application.doubts.read_doubts import DoubtReader
from billing.application.doubts.warn_doubts import WarnDoubtsHandler
from billing.application.payments.accept_callback import AcceptCallbackHandler
from billing.application.payments.drive_payment import DrivePaymentHandler
from billing.application.payments.pay_bill import PayBillHandler
from billing.application.payments.read_payments import PaymentReader
from billing.application.payments.sweep_payments import SweepPaymentsHandler
from billing.application.receipts.check_receipt import ReceiptChecker
from billing.application.receipts.print_receipt import PrintReceiptHandler
from billing.application.receipts.read_paper import PaperReader
from billing.application.receipts.report_overcharge import ReportOverchargeHandler
from billing.application.refunds.drive_refund import DriveRefundHandler
from billing.application.refunds.read_refunds import RefundReader
from billing.application.refunds.request_refund import RequestRefundHandler
from billing.application.refunds.return_refused_fee import ReturnRefusedFeeHandler
from billing.application.refunds.sweep_refunds import SweepRefundsHandler
from billing.application.settlement.keep_settled import KeepSettledHandler
from billing.application.settlement.read_settlements import SettlementReader
from billing.application.settlement.reconcile_day import ReconcileDayHandler
from billing.application.settlement.settle_day import SettleDayHandler
from billing.application.tariff.rehearse_order import RehearseOrderHandler
from billing.application.tenders.prove_tender import TenderProver
from billing.application.timeline.read_timeline import TimelineReader
from billing.application.top_ups.drive_top_up import DriveTopUpHandler
from billing.application.top_ups.read_top_ups import TopUpReader
from billing.application.top_ups.request_top_up import RequestTopUpHandler
from billing.application.top_ups.sweep_top_ups import SweepTopUpsHandler
from billing.application.wallets.fund_sandbox_wallet import FundSandboxWalletHandler
from billing.application.wallets.open_wallet import OpenWalletHandler
from billing.application.wallets.read_wallets import WalletReader
from billing.application.wallets.take_penalty import TakePenaltyHandler
from billing.application.wallets.tell_low_wallets import TellLowWalletsHandler
from billing.domain.calendar import civil_day
from billing.domain.centres import Centre
from billing.domain.ledger.limits import WalletLimits, limits_on
from billing.domain.payments.pace import Pace
from billing.domain.tariff.billers import Biller
from billing.domain.tariff.fees import FeeSchedule
from billing.settings import Settings, read_timeline_key
from servicekit.events import Outbox
from servicekit.ids import event_id, public_id
from servicekit.instants import utc_now
from servicekit.keys import read_retired_keys
from servicekit.mongo import Idempotency, Mongo
from servicekit.personal import Erasures

PUBLISHES = [
    events.COMPLETED,
    events.FAILED_EVENT,
    events.REFUNDED,
    events.TOPPED_UP,
    events.WALLET_LOW,
    events.DOUBT_WARNED,
    events.OVERCHARGE_REPORTED,
    events.SETTLED,
    mongo_personal.ANSWERED,
]
INDEXES = {
    **mongo_payments.INDEXES,
    **mongo_refunds.INDEXES,
    **mongo_disputes.INDEXES,
    **mongo_top_ups.INDEXES,
    **mongo_breaks.INDEXES,
    **mongo_ledger.INDEXES,
    **mongo_bills.INDEXES,
    mongo_bills.BILL_FETCHES: [
        *mongo_bills.INDEXES[mongo_bills.BILL_FETCHES],
        *mongo_personal.INDEXES[mongo_bills.BILL_FETCHES],
    ],
    **mongo_dues.INDEXES,
    **{
        name: [*mongo_payments.INDEXES[name], *indexes, *mongo_personal.INDEXES[name]]
        for name, indexes in mongo_doubts.INDEXES.items()
    },
    **mongo_receipts.INDEXES,
    **mongo_day_books.INDEXES,
    **mongo_settlements.INDEXES,
}


def prepare(db: Database[dict[str, Any]]) -> None:
    """What no index or collection says by itself. Repeatable."""
    mongo_ledger.install_validators(db)
    drop_old_index(db)


# Connections kept beside those of the request threads: the sweeper's, in the worker.
_SPARE_CONNECTIONS = 8


@dataclass(frozen=True)
class BillingWithin:
    """The use cases of consumed events, inside the transaction that records the event as handled."""

    open_wallet: OpenWalletHandler
    note_standing: NoteStandingHandler
    take_penalty: TakePenaltyHandler
    raise_fee_demand: RaiseFeeDemandHandler
    return_refused_fee: ReturnRefusedFeeHandler


@dataclass(frozen=True)
class Billing:
    """What routes, consumers, jobs and commands use."""

    settings: Settings
    billers: Mapping[str, Biller]
    fees: FeeSchedule
    fetch_bills: FetchBillsHandler
    plans: PlanReader
    rehearse_order: RehearseOrderHandler
    pay_bill: PayBillHandler
    sweep_payments: SweepPaymentsHandler
    accept_callback: AcceptCallbackHandler
    payments: PaymentReader
    request_refund: RequestRefundHandler
    sweep_refunds: SweepRefundsHandler
    refunds: RefundReader
    open_dispute: OpenDisputeHandler
    add_evidence: AddEvidenceHandler
    decide_dispute: DecideDisputeHandler
    disputes: DisputeReader
    timelines: TimelineReader
    tenders: TenderProver
    receipts: ReceiptChecker
    print_receipt: PrintReceiptHandler
    papers: PaperReader
    report_overcharge: ReportOverchargeHandler
    reconcile_day: ReconcileDayHandler
    settle_day: SettleDayHandler
    keep_settled: KeepSettledHandler
    settlements: MongoSettlements
    settlement_reader: SettlementReader
    commission: CommissionReader
    wallets: MongoLedger
    wallet_reader: WalletReader
    wallet_limits: Callable[[datetime], WalletLimits]
    request_top_up: RequestTopUpHandler
    sweep_top_ups: SweepTopUpsHandler
    top_ups: TopUpReader
    tell_low_wallets: TellLowWalletsHandler
    doubts: DoubtReader
    warn_doubts: WarnDoubtsHandler
    breaks: BreakReader
    propose_ending: ProposeEndingHandler
    approve_ending: ApproveEndingHandler
    fund_sandbox_wallet: FundSandboxWalletHandler
    check_books: CheckBooksHandler
    migration: Migration
    erasures: Erasures
    _pace: Pace
    _demands: MongoFeeDemands
    _breaks: MongoBreaks
    _centres: MongoCentres
    _refunds: MongoRefunds
    _mongo: Mongo

    def centre(self, kiosk_id: str) -> Centre | None:
        """What the register said of a centre, or None."""
        return self._centres.get(kiosk_id)

    def measure(self) -> list[Metric]:
        """What Prometheus learns of payments whose outcome nobody knows, and of those in the hands of people."""
        return payment_metrics.measure(self._mongo)

    def within(self, session: ClientSession) -> BillingWithin:
        """The use cases that write in the transaction of `session`."""
        centres = CentresWithin(self._centres, session)
        return BillingWithin(
            open_wallet=OpenWalletHandler(WalletsWithin(self.wallets, session), centres),
            note_standing=NoteStandingHandler(centres),
            take_penalty=TakePenaltyHandler(PenaltiesWithin(self._mongo, self.wallets, session)),
            raise_fee_demand=RaiseFeeDemandHandler(FeeDemandsWithin(self._demands, session)),
            return_refused_fee=ReturnRefusedFeeHandler(
                RefundsWithin(self._refunds, session, self._mongo),
                BreaksWithin(self._breaks, session),
                self._pace,
                new_refund_id=lambda: public_id("rfd"),
            ),
        )


def bootstrap(settings: Settings, mongo: Mongo) -> Billing:
    """The service over one database and the two outside systems. Raises BadFile if a file of its own is wrong."""
    fees, pace = load_orders(), settings.pace()
    built_in = load_billers(fees, civil_day(utc_now()), sandbox=settings.environment == "sandbox")
    folder = BillerFiles(Path(settings.billers_dir), built_in, fees) if settings.billers_dir else None
    billers = Catalogue(built_in, folder, lambda: civil_day(utc_now()))
    idempotency, outbox = Idempotency(mongo), Outbox(mongo.db, settings.service_name)
    all_limits = load_wallet_limits(settings.environment)

    def wallet_limits(at: datetime) -> WalletLimits:
        return limits_on(all_limits, civil_day(at))

    ledger = MongoLedger(mongo, lambda at: wallet_limits(at).low_paise)
    unit_of_work = UnitOfWork(mongo, ledger, outbox, idempotency)
    payments = MongoPayments(mongo, unit_of_work, outbox, idempotency)
    bills, demands = MongoBills(mongo, idempotency), MongoFeeDemands(mongo)
    centres = MongoCentres(mongo)
    require_trading = RequireTradingHandler(centres)

    reader, receipts = PaymentReader(payments), ReceiptChecker(payments, billers)
    connections = settings.http_threads + _SPARE_CONNECTIONS
    network = HttpBillerNetwork(
        JsonClient(
            settings.biller_network_url,
            timeout_seconds=settings.biller_timeout_seconds,
            connections=connections,
            name="biller-network",
        ),
        settings.biller_callback_url,
    )
    internal = frozenset(biller.biller_id for biller in built_in.values() if biller.internal)
    provider = HttpPaymentProvider(
        JsonClient(
            settings.psp_url,
            timeout_seconds=settings.psp_timeout_seconds,
            connections=connections,
            name="payment-provider",
        )
    )
    # The saga asks for the time after each call, for it cannot know before how long that took.
    drive_payment = DrivePaymentHandler(payments, OwnFees(internal, network), provider, pace, utc_now, event_id)
    refunds = MongoRefunds(mongo, ledger, outbox, idempotency)
    day_books, settlements = MongoDayBooks(mongo), MongoSettlements(mongo, ledger, outbox)
    reconcile_day = ReconcileDayHandler(HttpDayFiles(settings.psp_url, settings.biller_network_url), day_books, billers)
    settle_day = SettleDayHandler(day_books, settlements, billers, load_bank_days(), lambda: public_id("stl"), event_id)
    drive_refund = DriveRefundHandler(refunds, provider, pace, utc_now, event_id)
    top_ups = MongoTopUps(mongo, ledger, outbox, idempotency)
    drive_top_up = DriveTopUpHandler(top_ups, provider, pace, utc_now, event_id)
    request_refund = RequestRefundHandler(payments, refunds, drive_refund, pace)
    disputes, dispute_codes = MongoDisputes(mongo, refunds, idempotency), load_dispute_codes()
    dispute_reader = DisputeReader(payments, disputes, dispute_codes, billers)
    doubts, doubt_limits = MongoDoubts(mongo, outbox), load_doubt_limits(pace.deadline)
    queue_limits = load_queue_limits(pace.give_up_unsent)
    seal = JwsSeal(read_timeline_key(settings.timeline_signing_key), read_retired_keys(settings.timeline_retired_keys))
    breaks = MongoBreaks(mongo)
    break_reader = BreakReader(breaks, Subjects(payments, refunds, top_ups), pace)
    copies, is_test = MongoCopies(mongo, idempotency), settings.environment == "sandbox"
    wallet_reader = WalletReader(ledger, centres, MongoStatements(mongo))
    return Billing(
        settings=settings,
        billers=billers,
        fees=fees,
        fetch_bills=FetchBillsHandler(
            billers, require_trading, network, demands, bills, payments, new_bill_id=lambda: public_id("bil")
        ),
        plans=PlanReader(billers, network),
        rehearse_order=RehearseOrderHandler(fees, MongoMonthOfPayments(mongo)),
        pay_bill=PayBillHandler(
            billers, fees, require_trading, bills, payments, drive_payment, pace, doubt_limits, queue_limits
        ),
        sweep_payments=SweepPaymentsHandler(payments, drive_payment, pace, utc_now),
        accept_callback=AcceptCallbackHandler(payments, settings.biller_callback_secret),
        payments=reader,
        request_refund=request_refund,
        sweep_refunds=SweepRefundsHandler(refunds, drive_refund, pace, utc_now),
        refunds=RefundReader(payments, refunds),
        open_dispute=OpenDisputeHandler(payments, disputes, dispute_codes),
        add_evidence=AddEvidenceHandler(disputes, dispute_reader),
        decide_dispute=DecideDisputeHandler(payments, disputes, dispute_reader, request_refund),
        disputes=dispute_reader,
        receipts=receipts,
        print_receipt=PrintReceiptHandler(reader, copies),
        papers=PaperReader(reader, copies, receipts, billers, seal, TypstReceipts(), is_test),
        report_overcharge=ReportOverchargeHandler(receipts, MongoOverchargeReports(mongo, outbox), event_id),
        reconcile_day=reconcile_day,
        settle_day=settle_day,
        keep_settled=KeepSettledHandler(day_books, reconcile_day, settle_day, utc_now),
        settlements=settlements,
        settlement_reader=SettlementReader(settlements),
        commission=CommissionReader(load_commission_rules(), MongoEarnings(mongo), centres),
        timelines=TimelineReader(
            payments,
            ledger,
            refunds,
            settlements,
            centres,
            billers,
            MongoChains(mongo),
            seal,
        ),
        tenders=TenderProver(reader, receipts, seal),
        wallets=ledger,
        wallet_reader=wallet_reader,
        wallet_limits=wallet_limits,
        request_top_up=RequestTopUpHandler(wallet_reader, require_trading, top_ups, drive_top_up, wallet_limits, pace),
        sweep_top_ups=SweepTopUpsHandler(top_ups, drive_top_up, pace, utc_now),
        top_ups=TopUpReader(top_ups, wallet_reader),
        doubts=DoubtReader(billers, doubt_limits, queue_limits, doubts),
        warn_doubts=WarnDoubtsHandler(doubts, utc_now, event_id),
        breaks=break_reader,
        propose_ending=ProposeEndingHandler(breaks, break_reader),
        approve_ending=ApproveEndingHandler(breaks, break_reader, event_id),
        tell_low_wallets=TellLowWalletsHandler(MongoFalls(mongo, outbox), event_id, lambda: public_id("req")),
        fund_sandbox_wallet=FundSandboxWalletHandler(unit_of_work),
        check_books=CheckBooksHandler(MongoRecords(mongo), MongoMarks(mongo)),
        migration=Migration(mongo),
        erasures=Erasures(mongo, outbox, mongo_personal.MongoPersonal(mongo), mongo_personal.ANSWERED),
        _pace=pace,
        _demands=demands,
        _breaks=breaks,
        _centres=centres,
        _refunds=refunds,
        _mongo=mongo,
    )


def check_biller_files(folder: Path) -> tuple[int, list[str]]:
    """How many billers a folder of departments' files has, and what is wrong in it, with file and line."""
    fees, today = load_orders(), civil_day(utc_now())
    built_in = load_billers(fees, today, sandbox=True)
    read = BillerFiles(folder, built_in, fees).read(today)
    own = sum(biller is not built_in.get(biller_id) for biller_id, biller in read.billers.items())
    return own, [str(problem) for problem in read.problems]


def read_order_file(path: Path) -> tuple[FeeSchedule | None, list[str]]:
    """The schedule of a draft order's file, or what is wrong with it."""
    try:
        return read_orders(path.name, path.read_text("utf-8")), []
    except BadFile as error:
        return None, [str(problem) for problem in error.problems]
    except (OSError, UnicodeDecodeError):
        return None, [f"{path.name}: the file cannot be read as UTF-8"]
