"""The documents of disputes."""

import unicodedata
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from billing.domain.disputes.causes import CauseKind
from billing.domain.disputes.dispute import MOST_EVIDENCE, DisputeState, EvidenceKind
from billing.domain.refunds.refund import Destination
from billing.entrypoints.http.amounts import MoneySchema, above_zero, instant, shown
from servicekit.fields import Code, Instant, Text
from servicekit.http import Coded, CursorText
from servicekit.text import Line

PAGE_SIZE, LARGEST_PAGE = 50, 200
LONGEST_TEXT = 300
# A year, a day, an amount have up to six digits; what identifies people, accounts and cards has more.
MOST_DIGITS = 6
_SEPARATORS = " -‐‑–./,·()"
DISPUTE_EXAMPLE: dict[str, Any] = {
    "code": "paid-yet-disconnected",
    "evidence": [{"kind": "text", "text": "The notice of disconnection came on Tuesday."}],
}
DECISION_EXAMPLE: dict[str, Any] = {"outcome": "rejected", "reason": "posted-late"}


def _no_numbers_of_people(text: str) -> None:
    run = 0
    for sign in text:
        if unicodedata.digit(sign, None) is not None:
            run += 1
        elif sign not in _SEPARATORS:
            run = 0
        if run > MOST_DIGITS:
            raise ValidationError(
                Coded(
                    "number-of-a-person",
                    f"Leave numbers of more than {MOST_DIGITS} digits out: no account, mobile, card or Aadhaar.",
                    f"{MOST_DIGITS} से अधिक अंकों की संख्या न लिखें: खाता, मोबाइल, कार्ड या आधार नहीं।",
                )
            )


class EvidenceRequestSchema(Schema):
    """The digest of a file that you keep, or a sentence."""

    kind = fields.String(
        required=True, validate=validate.OneOf([kind.value for kind in EvidenceKind]), metadata={"example": "text"}
    )
    sha256 = Code(
        r"[0-9a-f]{64}",
        longest=64,
        error="The SHA-256 of the file: 64 hexadecimal digits in small letters.",
        metadata={"description": "With kind sha256: of a photograph or a letter, which is shown to who decides."},
    )
    text = Text(
        Line(longest=LONGEST_TEXT),
        validate=_no_numbers_of_people,
        metadata={"description": "With kind text: what happened, without numbers of people."},
    )


class _WithEvidence(Schema):
    evidence = fields.List(
        fields.Nested(EvidenceRequestSchema),
        load_default=list,
        validate=validate.Length(max=MOST_EVIDENCE),
        metadata={"description": f"At most {MOST_EVIDENCE} pieces in all; each says one of its members."},
    )


class DisputeRequestSchema(_WithEvidence):
    """What is wrong with a payment."""

    code = Code(
        r"[a-z][a-z0-9-]{1,39}",
        longest=40,
        required=True,
        metadata={"description": "One of GET /v1/dispute-codes.", "example": "paid-yet-disconnected"},
    )


class EvidenceAddedSchema(_WithEvidence):
    """More evidence."""


class DisputeRefundSchema(Schema):
    """What goes back with a dispute that is upheld."""

    amount = fields.Nested(
        MoneySchema, required=True, validate=above_zero, metadata={"description": "All of `refundable`, or a part."}
    )
    refundable = fields.Nested(
        MoneySchema,
        required=True,
        metadata={"description": "What you expect to be refundable: the payment's `refundable`. Otherwise 412."},
    )
    destination = fields.String(
        validate=validate.OneOf([place.value for place in Destination]),
        metadata={"description": "As of a refund. Left out: where it came from.", "example": "WALLET"},
    )


class DecisionRequestSchema(Schema):
    """How a dispute ends."""

    outcome = fields.String(
        required=True,
        validate=validate.OneOf(["upheld", "rejected"]),
        metadata={"description": "Whether who opened it is right.", "example": "rejected"},
    )
    reason = Code(
        r"[a-z][a-z0-9_-]{1,63}",
        longest=64,
        error="A code of small letters, digits, _ and -.",
        required=True,
        metadata={"description": "Why: a code, such as the cause that was found.", "example": "posted-late"},
    )
    refund = fields.Nested(
        DisputeRefundSchema, metadata={"description": "With upheld: the refund that begins with the decision."}
    )


class DisputesQuerySchema(Schema):
    """Which disputes to list."""

    status = fields.String(
        load_default="open", validate=validate.OneOf(["open", "decided"]), metadata={"example": "open"}
    )
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


class DisputeCodeShownSchema(Schema):
    """What may be disputed."""

    code = fields.String(required=True, metadata={"example": "paid-yet-disconnected"})
    name = fields.String(required=True)
    name_hi = fields.String(required=True)
    turn_around_hours = fields.Integer(
        required=True, allow_none=True, metadata={"description": "By when it is decided; null: no order sets it."}
    )
    turn_around_order = fields.String(
        required=True, allow_none=True, metadata={"description": "The order that sets it."}
    )


class DisputeCodesShownSchema(Schema):
    """All that may be disputed."""

    items = fields.List(fields.Nested(DisputeCodeShownSchema), required=True)


class DisputeCauseShownSchema(Schema):
    """Why the bill seems unpaid, as the payment's own record tells it now."""

    kind = fields.String(required=True, metadata={"x-extensible-enum": [kind.value for kind in CauseKind]})
    says = fields.String(required=True, metadata={"description": "What it means, for the payer."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    tendered_at = instant("When the payer gave the money.")
    sent_at = Instant(
        required=True, allow_none=True, metadata={"description": "From when on it was to be sent to the biller."}
    )
    answered_at = Instant(
        required=True, allow_none=True, metadata={"description": "When the biller said that it has it; null: never."}
    )
    due_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "The bill's last day (IST); null: none is known."}
    )
    in_time = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Whether it was tendered by then."}
    )
    other_payment = fields.Boolean(
        required=True, metadata={"description": "Whether another payment has the same bill."}
    )
    renumbered_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "Since when the account has another number."}
    )
    left = shown("What this payment left open of the bill, where it paid a part.")
    refunded = shown("What went back.")


class EvidenceShownSchema(Schema):
    """A piece of evidence."""

    kind = fields.String(required=True)
    value = fields.String(required=True)
    added_by = fields.String(required=True)
    added_at = instant("When it was added.")


class DisputeStepShownSchema(Schema):
    """One line of a dispute's history."""

    state = fields.String(required=True, validate=validate.OneOf([state.value for state in DisputeState]))
    at = instant("When.")
    by = fields.String(required=True, metadata={"description": "Who: a person, or software of nobody's."})
    reason = fields.String(required=True, metadata={"description": "Why: a code."})


class DisputeSummarySchema(Schema):
    """A dispute in a list."""

    dispute_id = fields.String(required=True, metadata={"example": "dsp_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    payment_id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    name_hi = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in DisputeState]))
    opened_at = instant("Since when.")
    due_at = Instant(
        required=True, allow_none=True, metadata={"description": "By when it is decided; null: no order sets it."}
    )
    is_late = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Whether it is open past `due_at`; null without one."}
    )
    refund_id = fields.String(
        required=True, allow_none=True, metadata={"description": "The refund that began with its decision."}
    )
    history = fields.List(fields.Nested(DisputeStepShownSchema), required=True)


class DisputeShownSchema(DisputeSummarySchema):
    """A dispute as it stands."""

    evidence = fields.List(fields.Nested(EvidenceShownSchema), required=True)
    cause = fields.Nested(
        DisputeCauseShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null of a code whose cause no record tells."},
    )


class DisputesShownSchema(Schema):
    """A page of disputes, those that were opened first in front."""

    items = fields.List(fields.Nested(DisputeSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)
