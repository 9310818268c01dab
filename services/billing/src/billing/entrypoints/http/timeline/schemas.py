"""The documents of timelines."""

from marshmallow import Schema, fields

from billing.domain.timeline.hops import HopKind
from billing.entrypoints.http.amounts import instant


class LegsShownSchema(Schema):
    """The accounts of a hop: `text` is hashed, with `salt` and a line end before it, to the record's `legs_sha256`."""

    text = fields.String(
        required=True,
        metadata={"description": "JSON: each account with its paise; they sum to zero. A positive leg credits."},
    )
    salt = fields.String(required=True, metadata={"description": "32 hexadecimal digits."})


class HopShownSchema(Schema):
    """One thing that happened to the money."""

    at = instant("When.")
    kind = fields.String(required=True, metadata={"x-extensible-enum": [kind.value for kind in HopKind]})
    name = fields.String(required=True, metadata={"example": "COMPLETED"})
    says = fields.String(required=True, metadata={"description": "What it was, for people."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    record = fields.String(
        required=True,
        metadata={"description": "JSON: the very text that is hashed. New members may come; ignore those."},
    )
    digest = fields.String(
        required=True,
        metadata={"description": "Hexadecimal SHA-256 of the digest before, a line end, and `record`, in UTF-8."},
    )
    legs = fields.Nested(
        LegsShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null: it has none, or they are not for this caller."},
    )


class TimelineShownSchema(Schema):
    """What happened to the money of one payment, signed and chained: the same for everybody who may see it."""

    payment_id = fields.String(required=True, metadata={"example": "pay_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    items = fields.List(
        fields.Nested(HopShownSchema),
        required=True,
        metadata={"description": "In the order in which they were first told, which is nearly that of time."},
    )
    next = fields.String(required=True, allow_none=True, metadata={"description": "Always null: all are here."})
    head = fields.String(
        required=True,
        metadata={"description": "The last digest. Before the first hop comes `payment_id` instead of a digest."},
    )
    jws = fields.String(
        required=True,
        metadata={
            "description": "Compact JWS over payment_id, hops (how many), head and signed_at, by a key of "
            "GET /v1/timeline-keys."
        },
    )


class TimelineKeysSchema(Schema):
    """The public keys that timelines are signed with (RFC 7517), earlier ones included."""

    keys = fields.List(fields.Dict(), required=True, metadata={"description": "Public JWKs (RFC 7517)."})
