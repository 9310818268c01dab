"""A citizen says what they paid at a centre: where that is more than the receipt says, a case is opened by an event."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from billing.application.receipts.check_receipt import ReceiptChecker
from billing.application.receipts.errors import NotOvercharged, ReceiptNotFound
from billing.application.receipts.ports import OverchargeReport, OverchargeReports
from billing.domain.money import rupees
from servicekit.errors import FieldProblem


@dataclass(frozen=True)
class ReportOvercharge:
    """`report_id` and `at` are minted by the caller; `receipt_number` is as `read_receipt_number` gives it."""

    report_id: str
    receipt_number: str
    ending: str
    paid_paise: int
    request_id: str
    at: datetime


@dataclass(frozen=True)
class ReportOverchargeHandler:
    """Who reports is not asked: the receipt in their hands is the proof."""

    receipts: ReceiptChecker
    reports: OverchargeReports
    new_event_id: Callable[[], str]

    def __call__(self, command: ReportOvercharge) -> OverchargeReport:
        """The report, the first one where the same was reported before.

        Raises ReceiptNotFound, NotOvercharged, ReportedAlready.
        """
        payment = self.receipts.find(command.receipt_number, command.ending)
        if payment is None:
            raise ReceiptNotFound("No receipt has this number and an account that ends like this.")
        total = payment.total_paise
        if payment.kiosk_id is None or command.paid_paise <= total:
            told = f"The receipt says {rupees(total)}, legal fee included."
            told_hi = f"रसीद में वैध शुल्क सहित {rupees(total)} है।"
            if payment.kiosk_id is None:
                told, told_hi = "No centre took this money.", "यह राशि किसी केंद्र ने नहीं ली।"
            raise NotOvercharged(told, errors=[FieldProblem("/paid/amount", "not-overcharged", told, told_hi)])
        report = OverchargeReport(command.report_id, payment, command.paid_paise, total, command.at, command.request_id)
        return replace(report, report_id=self.reports.add(report, self.new_event_id()))
