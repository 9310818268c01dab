"""The documents of breaks."""

from marshmallow import Schema, fields, validate

from billing.domain.breaks.ending import Ending
from billing.domain.payments.breaks import BreakKind
from billing.entrypoints.http.amounts import instant, shown
from servicekit.fields import Code, Instant
from servicekit.http import CursorText

PAGE_SIZE, LARGEST_PAGE = 50, 200
PROPOSAL_EXAMPLE = {"ending": "not-done", "evidence": "BILLER-LETTER-2026-118"}


class BreaksQuerySchema(Schema):
    """Which breaks to list."""

    status = fields.String(
        load_default="open", validate=validate.OneOf(["open", "resolved"]), metadata={"example": "open"}
    )
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


class ProposalRequestSchema(Schema):
    """How a break ends, as one person found out."""

    ending = fields.String(
        required=True,
        validate=validate.OneOf([ending.value for ending in Ending]),
        metadata={
            "description": "`done`: the partner did it; `not-done`: it did not, and will not; `close`: nothing is left "
            "to book. One of the break's `endings`.",
            "example": "not-done",
        },
    )
    reference = Code(
        r"[A-Za-z0-9._:/-]{1,64}",
        longest=64,
        error="A reference of letters, digits and . _ : / - without spaces.",
        metadata={"description": "The partner's own reference of what it did; with `done` alone."},
    )
    evidence = Code(
        r"[A-Za-z0-9._:/-]{1,64}",
        longest=64,
        error="A file number of letters, digits and . _ : / - without spaces.",
        required=True,
        metadata={
            "description": "Where the finding is filed: no free text.",
            "example": "BILLER-LETTER-2026-118",
        },
    )


class ApprovalRequestSchema(Schema):
    """Another person's yes to one proposal."""

    proposal_id = Code(
        r"prp_[0-9a-f]{32}",
        longest=36,
        error="A proposal_id of the break's `proposal`.",
        required=True,
        metadata={"example": "prp_01930a6c5d2e7c1f9b3a4d5e6f708192"},
    )


class BookedLegShownSchema(Schema):
    """One account's part of what is booked."""

    account = fields.String(required=True, metadata={"example": "wallet:ksk_RJ10200001"})
    amount = shown("Above zero: the account is credited.")


class ProposalShownSchema(Schema):
    """What one person proposes, and what it books once another approves it."""

    proposal_id = fields.String(required=True, metadata={"example": "prp_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    ending = fields.String(required=True, metadata={"x-extensible-enum": [ending.value for ending in Ending]})
    reference = fields.String(required=True, allow_none=True)
    evidence = fields.String(required=True)
    proposed_by = fields.String(required=True, metadata={"description": "The person, by id."})
    proposed_at = instant("When.")
    stands = fields.Boolean(
        required=True, metadata={"description": "False when what it is about has moved since: propose again."}
    )
    becomes = fields.String(
        required=True, allow_none=True, metadata={"description": "The state that follows; null: none changes."}
    )
    books = fields.List(
        fields.Nested(BookedLegShownSchema),
        required=True,
        metadata={"description": "The legs of what is entered into the ledger; none: nothing is."},
    )


class BreakShownSchema(Schema):
    """A difference that needs people."""

    break_id = fields.String(required=True, metadata={"example": "pay_01a2076b44007ff7a6151691ea9526ea:unresolved"})
    kind = fields.String(required=True, metadata={"x-extensible-enum": [kind.value for kind in BreakKind]})
    status = fields.String(required=True, validate=validate.OneOf(["open", "resolved"]))
    payment_id = fields.String(required=True, allow_none=True)
    refund_id = fields.String(required=True, allow_none=True)
    top_up_id = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True, metadata={"description": "What differs."})
    owner = fields.String(required=True, metadata={"example": "operations"})
    opened_at = instant("Since when.")
    due_at = instant("By when it is to end.")
    age_hours = fields.Integer(required=True, metadata={"description": "How long it has been open, whole hours."})
    is_late = fields.Boolean(required=True, metadata={"description": "Whether it is open past `due_at`."})
    says = fields.String(required=True, metadata={"description": "What it is, for people."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    endings = fields.List(
        fields.String(), required=True, metadata={"description": "The endings that there are for it now."}
    )
    proposal = fields.Nested(ProposalShownSchema, required=True, allow_none=True)
    approved_by = fields.String(required=True, allow_none=True)
    resolved_at = Instant(required=True, allow_none=True)
    resolved_by = fields.String(required=True, allow_none=True, metadata={"description": "What ended it."})


class BreakSummarySchema(BreakShownSchema):
    """A break in a list."""

    class Meta:
        exclude = ("endings", "proposal", "approved_by")


class BreaksShownSchema(Schema):
    """A page of breaks, those that are due first in front."""

    items = fields.List(fields.Nested(BreakSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)
