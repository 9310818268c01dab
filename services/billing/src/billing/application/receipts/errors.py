"""Problems of receipts. Each docstring's first paragraph is the text of its page in the documentation."""

from servicekit.errors import Conflict, NotFound, ValidationFailed


class ReceiptNotFound(NotFound):
    """There is no receipt with this number whose account ends like this. Which of the two is wrong is not told."""

    slug = "receipt-not-found"
    title = "There is no such receipt"
    title_hi = "ऐसी कोई रसीद नहीं है"


class NotOvercharged(ValidationFailed):
    """What was paid is not more than the receipt says, or no centre took the money: `total` is what it says."""

    slug = "not-overcharged"
    title = "No more was paid than is due"
    title_hi = "देय राशि से अधिक भुगतान नहीं हुआ"


class ReportedAlready(Conflict):
    """Several amounts were reported of this receipt already: a case is open, and people look into it."""

    slug = "reported-already"
    title = "This receipt was reported already"
    title_hi = "इस रसीद की शिकायत पहले से दर्ज है"


class CopyNotFound(NotFound):
    """This payment has no such copy: `POST /v1/payments/{payment_id}/receipt-copies` makes one."""

    slug = "receipt-copy-not-found"
    title = "There is no such copy of the receipt"
    title_hi = "रसीद की ऐसी कोई प्रति नहीं है"


class CopyTooOld(Conflict):
    """The paper of this copy was handed out a while ago: who prints again prints another copy, a marked duplicate."""

    slug = "receipt-copy-too-old"
    title = "Ask for another copy of the receipt"
    title_hi = "रसीद की नई प्रति माँगें"


class ReceiptNotPrintable(Conflict):
    """The receipt has letters for which the font of papers has no shape: it has those of Hindi and English.

    The receipt itself has every letter, and is as valid as a paper.
    """

    slug = "receipt-not-printable"
    title = "This receipt has letters that cannot be printed"
    title_hi = "इस रसीद में ऐसे अक्षर हैं जो छापे नहीं जा सकते"
