"""Problems of wallets. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound


class WalletTooLow(Conflict):
    """The centre's wallet does not hold enough for this payment; top it up and repeat with the same key.

    `available` is the balance less what is held (below zero when credit is in use), `credit_limit` the credit.
    """

    slug = "wallet-balance-too-low"
    title = "The wallet balance is too low"
    title_hi = "वॉलेट में पर्याप्त राशि नहीं है"


class WalletNotOpen(NotFound):
    """The caller has no wallet: it is no centre, or the centre is not approved yet."""

    slug = "wallet-not-open"
    title = "There is no wallet"
    title_hi = "वॉलेट उपलब्ध नहीं है"


class StatementTooLong(Conflict):
    """A table of these days would be too long for one document: ask for fewer days, or for the pages."""

    slug = "statement-too-long"
    title = "The statement is too long for one document"
    title_hi = "विवरण एक दस्तावेज़ के लिए बहुत लंबा है"
