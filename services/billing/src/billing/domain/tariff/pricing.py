"""What a payer pays for a bill, and who in the ledger receives it."""

from collections.abc import Mapping
from dataclasses import dataclass

from billing.domain.calendar import civil_day
from billing.domain.ledger.entries import Leg
from billing.domain.tariff.billers import Biller
from billing.domain.tariff.bills import Bill
from billing.domain.tariff.fees import FeeSchedule


@dataclass(frozen=True)
class Price:
    """The service charge the payer sees, the order it comes from, and the credit legs, which sum to the total."""

    service_charge_paise: int
    order: str
    order_hi: str
    credits: tuple[Leg, ...]


def price(schedule: FeeSchedule, biller: Biller, bill: Bill, channel: str, paise: int) -> Price:
    """The price of paying `paise` on `bill`, by the orders in force on the day it was quoted.

    The biller receives the bill; the charge goes to its heads; a charge the department bears is debited to the
    department. An application fee is revenue itself, so the fee too goes to heads. Raises NoRateInForce.
    """
    on = civil_day(bill.fetched_at)
    charge = schedule.charge(category=biller.category, channel=channel, bill_paise=paise, on=on)
    if biller.internal:
        credits = _revenue(schedule.share_fee(category=biller.category, channel=channel, fee_paise=paise, on=on))
    else:
        credits = [Leg(f"biller:{biller.biller_id}", paise)]
    credits += _revenue(charge.heads)
    if charge.department_paise:
        credits.append(Leg(f"department:{biller.biller_id}:charges", -charge.department_paise))
    order = bill.fee_order or charge.order
    order_hi = bill.fee_order_hi or bill.fee_order or charge.order_hi
    if bill.fee_window:  # One order sets the fee, another the charge for paying it.
        order, order_hi = f"{order}; {charge.order}", f"{order_hi}; {charge.order_hi}"
    return Price(
        service_charge_paise=charge.citizen_paise,
        order=order,
        order_hi=order_hi,
        credits=tuple(credits),
    )


def _revenue(heads: Mapping[str, int]) -> list[Leg]:
    return [Leg(f"revenue:{head}", paise) for head, paise in heads.items() if paise]
