"""Problems of proofs. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict


class NotTendered(Conflict):
    """There is nothing to prove: no money was set aside for the biller, or it refused the payment.

    `payment_status` is the payment's state. What is only being asked of the payer's bank is not tendered yet.
    """

    slug = "not-tendered"
    title = "No money was tendered by this payment"
    title_hi = "इस भुगतान में कोई राशि जमा नहीं की गई"
