"""What clients are shown of billers, bills, payments and wallets: plain dictionaries for the schemas to dump."""

from collections.abc import Mapping
from typing import Any

from billing.application.payments.ports import BillFetch
from billing.bootstrap import Billing
from billing.domain.ledger.entries import Wallet
from billing.domain.payments.payment import FAILED, Payment, State
from billing.domain.tariff.billers import Bill, Biller
from billing.domain.tariff.pricing import price

_IN_DOUBT = frozenset({State.AUTH_UNKNOWN, State.POST_UNKNOWN, State.MANUAL})


def money(paise: int) -> dict[str, Any]:
    """An amount on the wire."""
    return {"amount": paise, "currency": "INR"}


def status_of(payment: Payment) -> str:
    """PROCESSING, COMPLETED, FAILED or IN_DOUBT: what a client acts on."""
    if payment.state is State.COMPLETED:
        return "COMPLETED"
    if payment.state in FAILED:
        return "FAILED"
    return "IN_DOUBT" if payment.state in _IN_DOUBT else "PROCESSING"


def biller_view(biller: Biller) -> dict[str, Any]:
    """A biller as published."""
    return {
        "biller_id": biller.biller_id,
        "name": biller.name,
        "name_hi": biller.name_hi,
        "category": biller.category,
        "coverage": biller.coverage,
        "pending_supported": biller.pending_supported,
        "customer_params": [
            {
                "name": param.name,
                "label": param.label,
                "label_hi": param.label_hi,
                "type": "NUMERIC" if param.numeric else "ALPHANUMERIC",
                "min_length": param.min_length,
                "max_length": param.max_length,
                "pattern": param.pattern.pattern if param.pattern else None,
                "optional": param.optional,
            }
            for param in biller.customer_params
        ],
        "payment_modes": [
            {"channel": channel, "mode": mode, "maximum": money(paise)}
            for channel, modes in biller.limits.items()
            for mode, paise in modes.items()
        ],
    }


def fetch_view(billing: Billing, fetch: BillFetch) -> dict[str, Any]:
    """A fetch with what each of its bills costs on the caller's channel."""
    biller = billing.billers[fetch.biller_id]
    return {
        "bill_fetch_id": fetch.bill_fetch_id,
        "biller_id": fetch.biller_id,
        "status": "BILLS_FOUND" if fetch.bills else "NOTHING_DUE",
        "bills": [_bill_view(billing, biller, bill, fetch.payer.channel) for bill in fetch.bills],
    }


def _bill_view(billing: Billing, biller: Biller, bill: Bill, channel: str) -> dict[str, Any]:
    cost = price(billing.fees, biller, bill, channel, bill.amount_paise)
    return {
        "bill_id": bill.bill_id,
        "amount": money(bill.amount_paise),
        "service_charge": money(cost.service_charge_paise),
        "total": money(bill.amount_paise + cost.service_charge_paise),
        "fee_order": cost.order,
        "due_on": bill.due_on,
        "bill_period": bill.bill_period,
        "exactness": bill.exactness.value,
        "minimum": None if bill.minimum_paise is None else money(bill.minimum_paise),
        "multiple": None if bill.multiple_paise is None else money(bill.multiple_paise),
        "expires_at": bill.expires_at,
    }


def receipt_view(billers: Mapping[str, Biller], payment: Payment) -> dict[str, Any] | None:
    """The receipt of a completed payment, or None."""
    receipt = payment.receipt
    if receipt is None:
        return None
    biller = billers.get(payment.biller_id)
    return {
        "receipt_number": receipt.number,
        "issued_at": receipt.issued_at,
        "transaction_token": payment.transaction_token,
        "payment_id": payment.payment_id,
        "biller_id": payment.biller_id,
        # A biller may have been withdrawn since; its receipts stay valid.
        "biller_name": biller.name if biller else payment.biller_id,
        "biller_name_hi": biller.name_hi if biller else payment.biller_id,
        "biller_reference": payment.biller_reference,
        "kiosk_id": payment.kiosk_id,
        "mode": payment.mode,
        "amount": money(payment.bill_paise),
        "service_charge": money(payment.service_charge_paise),
        "total": money(payment.total_paise),
        "fee_order": payment.fee_order,
        "fee_order_hi": payment.fee_order_hi,
    }


def payment_view(billers: Mapping[str, Biller], payment: Payment) -> dict[str, Any]:
    """A payment as it stands."""
    failure = payment.failure
    return {
        "payment_id": payment.payment_id,
        "transaction_token": payment.transaction_token,
        "status": status_of(payment),
        "state": payment.state.value,
        "bill_id": payment.bill_id,
        "biller_id": payment.biller_id,
        "amount": money(payment.bill_paise),
        "service_charge": money(payment.service_charge_paise),
        "total": money(payment.total_paise),
        "mode": payment.mode,
        "channel": payment.channel,
        "kiosk_id": payment.kiosk_id,
        "receipt": receipt_view(billers, payment),
        "failure": {"code": failure.code, "detail": failure.detail, "money_returned": failure.money_returned}
        if failure
        else None,
        "created_at": payment.created_at,
        "completed_at": payment.receipt.issued_at if payment.receipt else None,
    }


def transaction_view(payment: Payment) -> dict[str, Any]:
    """A payment as the gateway's transactions view shows it."""
    return {
        "token": payment.transaction_token,
        "kind": "payment",
        "reference_id": payment.payment_id,
        "status": status_of(payment),
        "owner_client_id": payment.client_id,
        "kiosk_id": payment.kiosk_id,
        "updated_at": payment.history[-1].at,
        "events": [{"type": step.state.value, "at": step.at} for step in payment.history],
    }


def wallet_view(wallet: Wallet) -> dict[str, Any]:
    """A wallet as its centre sees it."""
    return {
        "kiosk_id": wallet.kiosk_id,
        "balance": money(wallet.balance_paise),
        "held": money(wallet.held_paise),
        "available": money(wallet.available_paise),
        "credit_limit": money(wallet.credit_limit_paise),
    }
