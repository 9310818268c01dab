"""The document of proofs of tendering."""

from marshmallow import Schema, fields

from billing.entrypoints.http.amounts import instant, shown
from servicekit.fields import Instant


class TenderProofShownSchema(Schema):
    """That money was tendered, signed."""

    payment_id = fields.String(required=True, metadata={"example": "pay_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    transaction_token = fields.String(required=True, metadata={"example": "EM7K3M9Q2XV4BTC"})
    kiosk_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The centre that took it; null: paid without one."}
    )
    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    biller_name = fields.String(required=True)
    biller_name_hi = fields.String(required=True)
    account_ends_with = fields.String(
        required=True, metadata={"description": "How the customer's number ends.", "example": "0001"}
    )
    amount = shown("What was tendered for the bill, without the service charge.")
    tendered_at = instant("When the payer gave the money; for a window or a due day this counts.")
    due_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "The bill's last day in India; null: it names none."}
    )
    in_time = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Tendered by the due day; null: there is none."}
    )
    fee_window = fields.String(
        required=True, allow_none=True, metadata={"description": "The window that an examination's fee was paid in."}
    )
    biller_down_at = Instant(
        required=True, allow_none=True, metadata={"description": "When the biller was found to be down; null: never."}
    )
    says = fields.String(required=True, metadata={"description": "The proof in a sentence, to be printed."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    jws = fields.String(
        required=True,
        metadata={
            "description": "Compact JWS over the facts above and `signed_at`, by a key of GET /v1/timeline-keys."
        },
    )
