"""Breaks: differences that need a person."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BreakKind(StrEnum):
    """Why people have to look at a payment, a refund or a top-up."""

    UNRESOLVED = "unresolved"
    LATE_SUCCESS = "late-success"
    CAPTURE_REFUSED = "capture-refused"
    VOID_REFUSED = "void-refused"
    FEE_REFUSED = "fee-refused"
    REFUND_REFUSED = "refund-refused"
    REFUND_UNRESOLVED = "refund-unresolved"
    TOP_UP_UNRESOLVED = "top-up-unresolved"
    # The ledger and a partner's file of a day: the provider's, and the biller's.
    NOT_IN_PROVIDER_FILE = "not-in-provider-file"
    NOT_IN_BILLER_FILE = "not-in-biller-file"
    NOT_IN_BOOKS_OF_PROVIDER = "provider-lists-what-is-not-in-books"
    NOT_IN_BOOKS_OF_BILLER = "biller-lists-what-is-not-in-books"
    PROVIDER_AMOUNT = "provider-amount-differs"
    BILLER_AMOUNT = "biller-amount-differs"
    FILE_NOT_USABLE = "file-not-usable"
    FILE_TOTALS = "file-totals-differ"
    ROWS_PARKED = "rows-parked"


@dataclass(frozen=True)
class Break:
    """A difference that needs a person; at most one of a kind per payment, which is opened again if need be.

    `refund_id` is set where it is of one refund of the payment: then it is one of a kind per refund. `top_up_id` is set
    where it is of a top-up, which is of no payment. A difference with a partner's file says whose it is (`source`:
    "provider", or the biller) and of which entry; one of a whole file has the file's name, `source|day`, instead of a
    payment.
    """

    payment_id: str | None
    kind: BreakKind
    detail: str
    opened_at: datetime
    due_at: datetime
    refund_id: str | None = None
    top_up_id: str | None = None
    source: str | None = None
    entry_id: str | None = None


@dataclass(frozen=True)
class Resolution:
    """A break that needs nobody any more; of one that is not open it says nothing.

    With `proposal_id` two people ended it: then it must still be open with that very proposal, which `approved_by`
    approved.
    """

    kind: BreakKind
    resolved_at: datetime
    resolved_by: str
    refund_id: str | None = None
    top_up_id: str | None = None
    proposal_id: str | None = None
    approved_by: str | None = None
