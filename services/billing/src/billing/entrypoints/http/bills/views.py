"""What clients are shown of billers and bills: plain dictionaries for the schemas to dump."""

from typing import Any

from billing.application.bills.ports import BillFetch, LeftOut, LeftOutReason, Plan
from billing.domain.tariff.billers import Amounts, Biller
from billing.domain.tariff.bills import Bill
from billing.domain.tariff.fees import FeeSchedule
from billing.domain.tariff.pricing import price
from servicekit.fields import published_form
from servicekit.money import money


def biller_view(biller: Biller) -> dict[str, Any]:
    """A biller as published."""
    return {
        "biller_id": biller.biller_id,
        "name": biller.name,
        "name_hi": biller.name_hi,
        "category": biller.category,
        "coverage": biller.coverage,
        "pending_supported": biller.pending_supported,
        "bharat_connect_id": biller.bharat_connect_id,
        "flow": biller.flow.value,
        "fetch": biller.fetch.value,
        "listing": biller.listing.value,
        "amounts": _amounts_view(biller.amounts) if biller.amounts else None,
        "has_plans": biller.has_plans,
        "facts_unset": list(biller.facts_unset),
        "sandbox": biller.sandbox,
        "customer_params": [
            {
                "name": param.name,
                "label": param.label,
                "label_hi": param.label_hi,
                "type": "NUMERIC" if param.numeric else "ALPHANUMERIC",
                "min_length": param.min_length,
                "max_length": param.max_length,
                "pattern": published_form(param.pattern.pattern) if param.pattern else None,
                "optional": param.optional,
                "choices": list(param.choices),
            }
            for param in biller.customer_params
        ],
        "payment_modes": [
            {"channel": channel, "mode": mode, "maximum": money(paise)}
            for channel, modes in biller.limits.items()
            for mode, paise in modes.items()
        ],
    }


def _amounts_view(amounts: Amounts) -> dict[str, Any]:
    return {
        "minimum": money(amounts.minimum_paise),
        "maximum": money(amounts.maximum_paise),
        "multiple": money(amounts.multiple_paise),
    }


def plan_view(plan: Plan) -> dict[str, Any]:
    """A plan as its operator tells it."""
    return {
        "plan_id": plan.plan_id,
        "amount": money(plan.amount_paise),
        "description": plan.description,
        "validity_days": plan.validity_days,
        "sandbox": plan.sandbox,
    }


def fetch_view(biller: Biller, fees: FeeSchedule, fetch: BillFetch) -> dict[str, Any]:
    """A fetch with what each of its bills costs on the caller's channel."""
    return {
        "bill_fetch_id": fetch.bill_fetch_id,
        "biller_id": fetch.biller_id,
        "status": "BILLS_FOUND" if fetch.bills else "NOTHING_DUE",
        "bills": [_bill_view(biller, fees, bill, fetch.payer.channel) for bill in fetch.bills],
        "left_out": [_left_out_view(one) for one in fetch.left_out],
    }


_LEFT_OUT = {
    LeftOutReason.NOTHING_TO_PAY: (
        "The biller lists this bill with nothing to pay.",
        "बिलर की सूची में इस बिल पर कोई राशि देय नहीं है।",
    ),
    LeftOutReason.NOT_READABLE: (
        "The biller lists one more bill that cannot be read, so it cannot be paid here. Ask the biller.",
        "बिलर की सूची में एक और बिल है जो पढ़ा नहीं जा सका, इसलिए उसका भुगतान यहाँ नहीं हो सकता। कृपया बिलर से संपर्क करें।",
    ),
    LeftOutReason.ANOTHER_FIRST: (
        "The biller has one bill paid at a time: pay the older one, then ask again.",
        "यह बिलर एक बार में एक ही बिल लेता है: पहले पुराना बिल भरें, फिर पुनः देखें।",
    ),
    LeftOutReason.PAID: (
        "The fee of this examination and session is paid for this candidate. It is charged once.",
        "इस अभ्यर्थी की इस परीक्षा एवं सत्र का शुल्क जमा हो चुका है। यह एक ही बार लिया जाता है।",
    ),
}


def _left_out_view(left_out: LeftOut) -> dict[str, Any]:
    detail, detail_hi = _LEFT_OUT[left_out.reason]
    return {
        "code": left_out.reason.value,
        "detail": detail,
        "detail_hi": detail_hi,
        "bill_period": left_out.bill_period,
        "due_on": left_out.due_on,
    }


def _bill_view(biller: Biller, fees: FeeSchedule, bill: Bill, channel: str) -> dict[str, Any]:
    cost = price(fees, biller, bill, channel, bill.amount_paise)
    return {
        "bill_id": bill.bill_id,
        "amount": money(bill.amount_paise),
        "service_charge": money(cost.service_charge_paise),
        "total": money(bill.amount_paise + cost.service_charge_paise),
        "fee_order": cost.order,
        "fee_order_hi": cost.order_hi,
        "fee_window": bill.fee_window,
        "due_on": bill.due_on,
        "bill_period": bill.bill_period,
        "exactness": bill.exactness.value,
        "minimum": None if bill.minimum_paise is None else money(bill.minimum_paise),
        "multiple": None if bill.multiple_paise is None else money(bill.multiple_paise),
        "expires_at": bill.expires_at,
    }
