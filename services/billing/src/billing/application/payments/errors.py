"""Problems of payments. Each docstring's first paragraph is the text of its page in the documentation."""

from billing.domain.tariff.problems import Problem
from servicekit.errors import Conflict, FieldProblem, NotAuthenticated, NotFound, ValidationFailed


class BillAlreadyPaid(Conflict):
    """A payment for this bill exists and has not failed; look at that payment instead of paying again."""

    slug = "bill-already-paid"
    title = "The bill is paid or being paid"
    title_hi = "बिल का भुगतान हो चुका है या हो रहा है"


class AmountNotAccepted(ValidationFailed):
    """The biller does not accept this amount, or this way of paying, for this bill; `errors` says what it takes."""

    slug = "amount-not-accepted"
    title = "The bill cannot be paid like this"
    title_hi = "बिल का भुगतान इस प्रकार नहीं किया जा सकता"


def amount_refused(problem: Problem) -> AmountNotAccepted:
    """The problem of an amount."""
    return AmountNotAccepted(problem.detail, errors=[FieldProblem("/amount/amount", problem.code, problem.detail)])


def part_refused(problem: Problem) -> BillAlreadyPaid | AmountNotAccepted:
    """The problem of a part that is too much: of any amount, where nothing is left to pay."""
    return BillAlreadyPaid(problem.detail) if problem.field == "bill_id" else amount_refused(problem)


class PaymentNotFound(NotFound):
    """There is no such payment, or it is not one that this caller may see."""

    slug = "payment-not-found"
    title = "There is no such payment"
    title_hi = "ऐसा कोई भुगतान नहीं है"


class TransactionNotFound(NotFound):
    """No payment carries this token."""

    slug = "transaction-not-found"
    title = "There is no such transaction"
    title_hi = "ऐसा कोई लेन-देन नहीं है"


class NoReceiptYet(Conflict):
    """The payment is not completed, so there is no receipt; `status` says how it stands."""

    slug = "no-receipt-yet"
    title = "There is no receipt for this payment"
    title_hi = "इस भुगतान की रसीद उपलब्ध नहीं है"


class SignatureNotValid(NotAuthenticated):
    """The callback's X-Signature is missing or is not the HMAC-SHA256 of its body under the agreed secret."""

    slug = "signature-not-valid"
    title = "The signature is not valid"
    title_hi = "हस्ताक्षर मान्य नहीं है"
    challenge = "Signature"
