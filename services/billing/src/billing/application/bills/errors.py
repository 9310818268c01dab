"""Problems of bills. Each docstring's first paragraph is the text of its page in the documentation."""

from typing import Any

from billing.domain.tariff.billers import Biller
from servicekit.errors import (
    Conflict,
    DependencyTimeout,
    DependencyUnavailable,
    FieldProblem,
    NotFound,
    ValidationFailed,
)


class BillerNotFound(NotFound):
    """No biller has this id; `GET /v1/billers` lists those that can be paid."""

    slug = "biller-not-found"
    title = "There is no such biller"
    title_hi = "ऐसा कोई बिलर नहीं है"


class CustomerNotKnown(ValidationFailed):
    """The biller knows no customer by the parameters given; check the number on the customer's bill."""

    slug = "customer-not-known"
    title = "The biller does not know this customer"
    title_hi = "बिलर इस उपभोक्ता को नहीं जानता"


class BillRequestRefused(ValidationFailed):
    """The biller would not take such a payment; `source`, `step` and `reason` say whose fault it is, where and what."""

    slug = "bill-request-refused"
    title = "The biller would not take this payment"
    title_hi = "बिलर यह भुगतान स्वीकार नहीं करेगा"


class AccountRenumbered(ValidationFailed):
    """The account has another number now: `renumbered_to`. Ask for the bill of that one; nothing was charged."""

    slug = "account-renumbered"
    title = "The account has a new number"
    title_hi = "खाते का नंबर बदल गया है"


class FeeNotPayable(Conflict):
    """No fee can be paid now: its window is not open yet (`opens_at` says when) or over, or no order sets the fee."""

    slug = "fee-not-payable"
    title = "The fee cannot be paid now"
    title_hi = "शुल्क का भुगतान अभी नहीं हो सकता"


class BillNotFound(NotFound):
    """There is no such bill, or another client fetched it; fetch the bill and pay with its `bill_id`."""

    slug = "bill-not-found"
    title = "There is no such bill"
    title_hi = "ऐसा कोई बिल नहीं है"


class BillExpired(Conflict):
    """The bill was fetched too long ago and may have changed since; fetch it again and pay the new one."""

    slug = "bill-expired"
    title = "The bill has to be fetched again"
    title_hi = "बिल को फिर से प्राप्त करना होगा"


class FeeDemandNotFound(NotFound):
    """No fee is known for this application yet.

    Right after an application is submitted this lasts a moment: repeat after the seconds in Retry-After. If it
    stays, the application id is wrong or the application costs nothing.
    """

    slug = "fee-demand-not-found"
    title = "No fee is known for this application yet"
    title_hi = "इस आवेदन का शुल्क अभी ज्ञात नहीं है"
    retryable = True


class BillerUnavailable(DependencyUnavailable):
    """The biller (named in `biller_id`) is down or gave an answer that cannot be used; nothing was charged."""

    slug = "biller-unavailable"
    title = "The biller is not available"
    title_hi = "बिलर अभी उपलब्ध नहीं है"


class BillerTimeout(DependencyTimeout):
    """The biller (named in `biller_id`) did not answer in time; nothing was charged. Repeat in a while."""

    slug = "biller-timeout"
    title = "The biller did not answer in time"
    title_hi = "बिलर ने समय पर उत्तर नहीं दिया"


def of_field(source: str, step: str, reason: str) -> dict[str, Any]:
    """An error in the field's shape (Razorpay's BBPS errors), to be told beside the problem.

    `source` is customer, biller, gateway, business or internal; `step` bill_request, bill_payment or biller_plan_fetch.
    """
    return {"source": source, "step": step, "reason": reason}


def renumbered(newest: str, biller: Biller) -> AccountRenumbered:
    """The problem of a retired number. The new one is told to the caller alone: no sentence, no log has it."""
    account = biller.customer_params[0]
    told = FieldProblem(
        f"/customer_params/{account.name}",
        "renumbered",
        f"This {account.label} is retired; renumbered_to names the new one.",
        f"यह {account.label_hi} बदल गया है; नया नंबर renumbered_to में है।",
    )
    return AccountRenumbered(
        f"{biller.biller_id} has given this account another number: ask for the bill of that one.",
        errors=[told],
        biller_id=biller.biller_id,
        renumbered_to=newest,
        **of_field("customer", "bill_request", "account-renumbered"),
    )
