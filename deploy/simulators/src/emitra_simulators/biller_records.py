"""What the biller network is asked, and what it remembers of a payment."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from emitra_simulators.controls import instant
from emitra_simulators.wire import Body, Paise, RequestId


class Payment(msgspec.Struct):
    """An accepted payment. Its status follows from the clock alone: nothing has to run for it to settle."""

    request_id: str
    fingerprint: str
    biller_id: str
    bill_ref: str
    amount_paise: int
    biller_reference: str
    accepted_at: float
    settles_at: float
    outcome: str
    reason: str | None
    times_received: int = 1
    unstorable_reference: bool = False
    form_complete_at: float | None = None
    tendered_at: str | None = None

    def status(self, at: float) -> str:
        """SUCCESS, FAILED or PENDING at this second of the epoch."""
        return self.outcome if at >= self.settles_at else "PENDING"

    def answer(self, at: float) -> dict[str, Any]:
        """What the caller is answered."""
        status = self.status(at)
        reference = "R\ud83d9" if self.unstorable_reference else self.biller_reference
        answer = {"request_id": self.request_id, "status": status, "biller_reference": reference}
        if status == "FAILED" and self.reason:
            answer["reason"] = self.reason
        if self.form_complete_at is not None:
            answer["form"] = "COMPLETE" if at >= self.form_complete_at else "INCOMPLETE"
        return answer

    def audit(self, at: float) -> dict[str, Any]:
        """What GET /control/payments shows."""
        return {
            "request_id": self.request_id,
            "biller_id": self.biller_id,
            "bill_ref": self.bill_ref,
            "amount_paise": self.amount_paise,
            "status": self.status(at),
            "biller_reference": self.biller_reference,
            "times_received": self.times_received,
            "accepted_at": instant(self.accepted_at),
            "tendered_at": self.tendered_at,
        }


class BillFetchRequest(Body):
    """POST /bill-fetches."""

    biller_id: str
    customer_params: dict[str, str]


class BillValidationRequest(Body):
    """POST /bill-validations."""

    biller_id: str
    customer_params: dict[str, str]
    amount_paise: Paise


class PlansQuery(Body):
    """GET /plans."""

    biller_id: str
    circle: str


class PaymentRequest(Body):
    """POST /payments."""

    request_id: RequestId
    biller_id: str
    bill_ref: Annotated[str, Meta(max_length=80)]
    customer_params: dict[str, str]
    amount_paise: Paise
    callback_url: Annotated[str, Meta(pattern=r"^https?://[^\s]{1,2000}\Z")] | None = None
    tendered_at: Annotated[str, Meta(max_length=40)] | None = None
