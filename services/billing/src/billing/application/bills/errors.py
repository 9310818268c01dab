"""Problems of bills. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, DependencyTimeout, DependencyUnavailable, NotFound, ValidationFailed


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
