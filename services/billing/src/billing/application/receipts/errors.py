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
