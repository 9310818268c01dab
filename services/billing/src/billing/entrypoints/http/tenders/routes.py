"""The route of proofs of tendering."""

from typing import Any

from billing.application.payments.errors import PaymentNotFound
from billing.application.tenders.errors import NotTendered
from billing.bootstrap import Billing
from billing.entrypoints.http.blueprints import PAYERS, payer, payments
from billing.entrypoints.http.payments.routes import PAYMENT_ID
from billing.entrypoints.http.tenders import schemas, views
from servicekit.http import application
from servicekit.instants import utc_now


@payments.route("/v1/payments/<payment_id>/tender-proof", parameters=[PAYMENT_ID])
@payments.requires("payments:read", roles=PAYERS)
@payments.raises(PaymentNotFound, NotTendered)
@payments.response(200, schemas.TenderProofShownSchema)
def get_tender_proof(payment_id: str) -> dict[str, Any]:
    """The signed proof that money was tendered.

    From the moment the money is set aside, also while the biller is down: who paid what, when, and by when it was due.
    Anybody can check `jws` by a key of GET /v1/timeline-keys.
    """
    billing = application(Billing)
    return views.proof_view(billing.billers, billing.tenders.of(payment_id, payer(), utc_now()))
