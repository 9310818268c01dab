"""What is shown of receipts: plain dictionaries for the schemas to dump."""

from typing import Any

from billing.application.receipts.ports import OverchargeReport
from billing.domain.payments.payment import Payment
from billing.domain.receipts.copies import Copy
from billing.domain.receipts.printed_receipt import MARKS
from billing.domain.tariff.billers import Biller
from servicekit.money import money


def check_view(payment: Payment | None, biller: Biller | None) -> dict[str, Any]:
    """The answer to a check."""
    if payment is None or payment.receipt is None:
        return {"known": False, "receipt": None}
    status = "PAID"
    if payment.refunded_paise:
        status = "REFUNDED" if payment.refunded_paise == payment.total_paise else "PARTLY_REFUNDED"
    return {
        "known": True,
        "receipt": {
            "receipt_number": payment.receipt.number,
            "status": status,
            "issued_at": payment.receipt.issued_at,
            "biller_id": payment.biller_id,
            "biller_name": biller.name if biller else payment.biller_id,
            "biller_name_hi": biller.name_hi if biller else payment.biller_id,
            "kiosk_id": payment.kiosk_id,
            "amount": money(payment.bill_paise),
            "legal_fee": money(payment.service_charge_paise),
            "total": money(payment.total_paise),
            "refunded": money(payment.refunded_paise),
            "fee_order": payment.fee_order,
            "fee_order_hi": payment.fee_order_hi,
        },
    }


def report_view(report: OverchargeReport) -> dict[str, Any]:
    """A report, with what follows from it."""
    assert report.payment.receipt is not None
    return {
        "report_id": report.report_id,
        "receipt_number": report.payment.receipt.number,
        "kiosk_id": report.payment.kiosk_id,
        "total": money(report.total_paise),
        "paid": money(report.paid_paise),
        "overcharged": money(report.paid_paise - report.total_paise),
        "says": "The district looks into it. Keep the receipt and this report's number.",
        "says_hi": "ज़िला प्रशासन जाँच करेगा। रसीद और इस शिकायत की संख्या सँभालकर रखें।",
    }


def copy_view(copy: Copy, receipt: dict[str, Any]) -> dict[str, Any]:
    """A print."""
    series = copy.series
    return {
        "copy_id": copy.copy_id,
        "copy": copy.number,
        "mark": copy.mark.value,
        "mark_hi": MARKS[copy.mark].hi,
        "printed_at": copy.printed_at,
        "series": {"kiosk_id": series.kiosk_id, "day": series.day, "serial": copy.serial} if series else None,
        "receipt": receipt,
    }
