"""Billing's own problems. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import (
    Conflict,
    DependencyTimeout,
    DependencyUnavailable,
    NotAuthenticated,
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


class BillAlreadyPaid(Conflict):
    """A payment for this bill exists and has not failed; look at that payment instead of paying again."""

    slug = "bill-already-paid"
    title = "The bill is paid or being paid"
    title_hi = "बिल का भुगतान हो चुका है या हो रहा है"


class FeeDemandNotFound(NotFound):
    """No fee is known for this application yet.

    Right after an application is submitted this lasts a moment: repeat after the seconds in Retry-After. If it
    stays, the application id is wrong or the application costs nothing.
    """

    slug = "fee-demand-not-found"
    title = "No fee is known for this application yet"
    title_hi = "इस आवेदन का शुल्क अभी ज्ञात नहीं है"
    retryable = True


class AmountNotAccepted(ValidationFailed):
    """The biller does not accept this amount, or this way of paying, for this bill; `errors` says what it takes."""

    slug = "amount-not-accepted"
    title = "The bill cannot be paid like this"
    title_hi = "बिल का भुगतान इस प्रकार नहीं किया जा सकता"


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


class SignatureNotValid(NotAuthenticated):
    """The callback's X-Signature is missing or is not the HMAC-SHA256 of its body under the agreed secret."""

    slug = "signature-not-valid"
    title = "The signature is not valid"
    title_hi = "हस्ताक्षर मान्य नहीं है"
    challenge = "Signature"
