"""Problems of refunds. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, FieldProblem, NotFound, NotPermitted, StaleVersion, ValidationFailed


class RefundableChanged(StaleVersion):
    """What you expected to be refundable is not what is: look again, then decide again.

    `refundable` is the present figure; nothing was given back.
    """

    slug = "refundable-changed"
    title = "Another amount can be refunded by now"
    title_hi = "वापस की जा सकने वाली राशि अब अलग है"


class NotRefundable(Conflict):
    """Only a completed payment is refunded: one that failed has its money back, one in doubt is found out first.

    `payment_state` says how it stands.
    """

    slug = "not-refundable"
    title = "The payment cannot be refunded"
    title_hi = "इस भुगतान की राशि वापस नहीं की जा सकती"


class RefundNotPermitted(NotPermitted):
    """A centre cancels its own payments on the day (IST) on which they were completed, and gives no other reason.

    Whatever comes later, and what was paid elsewhere, the district or state administration refunds.
    """

    slug = "refund-not-permitted"
    title = "You may not refund this payment"
    title_hi = "आप इस भुगतान की राशि वापस नहीं कर सकते"


class RefundNotFound(NotFound):
    """There is no such refund, or it is not one that this caller may see."""

    slug = "refund-not-found"
    title = "There is no such refund"
    title_hi = "ऐसी कोई धन-वापसी नहीं है"


def refund_refused(pointer: str, code: str, detail: str, detail_hi: str | None = None) -> ValidationFailed:
    """The problem of one member of a request."""
    return ValidationFailed(detail, errors=[FieldProblem(pointer, code, detail, detail_hi)])
