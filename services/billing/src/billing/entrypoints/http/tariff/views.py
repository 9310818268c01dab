"""What anybody is shown of fees and service charges: plain dictionaries for the schemas to dump."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from billing.domain.calendar import start_of_day
from billing.domain.tariff.billers import Biller
from billing.domain.tariff.exam_fees import ExamFee
from billing.domain.tariff.fees import CounterFee, FeeSchedule, Percent, PerStarted, Rate, Rule, Slab, Slabs, Unset
from servicekit.money import money

# By category: its name in both languages.
NAMES = {
    "ELECTRICITY": ("Electricity bill", "बिजली का बिल"),
    "WATER": ("Water bill", "पानी का बिल"),
    "MOBILE": ("Mobile phone bill", "मोबाइल फ़ोन का बिल"),
    "MOBILE_PREPAID": ("Mobile recharge", "मोबाइल रिचार्ज"),
    "LANDLINE": ("Landline bill", "लैंडलाइन का बिल"),
    "EXAM_FEE": ("Examination fee", "परीक्षा शुल्क"),
    "FEE_COLLECTION": ("Fee of an institution", "संस्था का शुल्क"),
    "APPLICATION_FEE": ("Fee of an application", "आवेदन का शुल्क"),
}


def service_charges_view(on: date, rates: Mapping[str, Rate | None]) -> dict[str, Any]:
    """The rate list of one day."""
    return {
        "on": on,
        "items": [
            {
                "category": category,
                "name": NAMES[category][0],
                "name_hi": NAMES[category][1],
                "charge": rate and _charge_view(rate),
            }
            for category, rate in rates.items()
            if rate is None or isinstance(rate.rule, Slabs)
        ],
    }


def fees_view(on: date, fees: FeeSchedule, billers: Iterable[Biller]) -> dict[str, Any]:
    """Every fee of one day."""
    return {
        "on": on,
        "items": [
            *(_fee_view(category, rate) for category, rate in fees.rates_on(on).items()),
            *(_counter_fee_view(fee) for fee in fees.counter_fees_on(on)),
        ],
        "examination_fees": [_exam_fee_view(biller, fee, on) for biller in billers for fee in biller.exam_fees],
    }


_NO_RULE = dict.fromkeys(["slabs", "up_to", "first", "step", "step_charge", "basis_points", "least", "most", "charge"])


def _fee_view(category: str, rate: Rate | None) -> dict[str, Any]:
    name, name_hi = NAMES.get(category, (category, category))
    return {
        "kind": "SERVICE_CHARGE",
        "code": category,
        "name": name,
        "name_hi": name_hi,
        "order": rate.order if rate else None,
        "order_hi": rate.order_hi if rate else None,
        "effective_year": rate.from_day.year if rate else None,
        "effective_from": rate.from_day if rate and not rate.from_year_only else None,
        "effective_until": rate.until if rate else None,
        "borne_by_department": bool(rate and rate.borne_by_department),
        "tax": {"basis_points": rate.tax.basis_points, "included": rate.tax.included} if rate and rate.tax else None,
        "rule": _NO_RULE | _rule_view(rate.rule) if rate else None,
    }


def _rule_view(rule: Rule) -> dict[str, Any]:
    match rule:
        case Slabs():
            return {"type": "SLABS", "slabs": [_slab_view(slab) for slab in rule.slabs]}
        case PerStarted():
            return {
                "type": "PER_STARTED",
                "up_to": money(rule.up_to_paise),
                "first": money(rule.first_paise),
                "step": money(rule.step_paise),
                "step_charge": money(rule.step_charge_paise),
            }
        case Percent():
            most = None if rule.most_paise is None else money(rule.most_paise)
            return {
                "type": "PERCENT",
                "basis_points": rule.basis_points,
                "least": money(rule.least_paise),
                "most": most,
            }
        case Unset():
            raise ValueError("what is unset has no rule to show")


def _slab_view(slab: Slab) -> dict[str, Any]:
    return {
        "up_to": None if slab.up_to_paise is None else money(slab.up_to_paise),
        "charge": money(slab.charge_paise),
    }


def _counter_fee_view(fee: CounterFee) -> dict[str, Any]:
    return {
        "kind": "COUNTER_FEE",
        "code": fee.code,
        "name": fee.name,
        "name_hi": fee.name_hi,
        "order": fee.order,
        "order_hi": fee.order_hi,
        "effective_year": fee.from_day.year if fee.from_day else None,
        "effective_from": None if fee.from_year_only else fee.from_day,
        "effective_until": fee.until,
        "borne_by_department": False,
        "tax": None,
        "rule": _NO_RULE | {"type": "FIXED", "charge": money(fee.paise)},
    }


def _exam_fee_view(biller: Biller, fee: ExamFee, on: date) -> dict[str, Any]:
    return {
        "biller_id": biller.biller_id,
        "body": biller.name,
        "body_hi": biller.name_hi,
        "examination": fee.examination,
        "name": fee.name,
        "name_hi": fee.name_hi,
        "session": fee.session,
        "order": fee.order,
        "order_hi": fee.order_hi,
        "charged_once": fee.once,
        "windows": [
            {
                "name": window.name,
                "name_hi": window.name_hi,
                "from_day": window.from_day,
                "until": window.until,
                "is_open": window.has(start_of_day(on)),
                "amounts": [
                    {"category": category, "amount": None if paise is None else money(paise + window.late_fee(paise))}
                    for category, paise in fee.amounts.items()
                ],
            }
            for window in fee.windows
        ],
    }


def _charge_view(rate: Rate) -> dict[str, Any]:
    slabs = rate.rule.slabs if isinstance(rate.rule, Slabs) else ()
    return {
        "order": rate.order,
        "order_hi": rate.order_hi,
        "effective_year": rate.from_day.year,
        "effective_from": None if rate.from_year_only else rate.from_day,
        "effective_until": rate.until,
        "borne_by_department": rate.borne_by_department,
        "slabs": [_slab_view(slab) for slab in ((Slab(None, 0),) if rate.borne_by_department else slabs)],
    }
