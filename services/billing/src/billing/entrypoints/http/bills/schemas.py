"""The documents of billers and bill fetches."""

from marshmallow import Schema, fields, validate

from billing.entrypoints.http.amounts import MoneyShownSchema, instant, shown

BILL_FETCH_EXAMPLE = {"biller_id": "JVVNL", "customer_params": {"k_number": "100000000001"}}


class BillersQuerySchema(Schema):
    """Which billers to list."""

    category = fields.String(
        validate=validate.OneOf(["ELECTRICITY", "WATER", "MOBILE", "EXAM_FEE", "APPLICATION_FEE"]),
        metadata={"description": "Only billers of this category.", "example": "ELECTRICITY"},
    )


class CustomerParamShownSchema(Schema):
    """What a biller needs to find its customer."""

    name = fields.String(metadata={"example": "k_number"})
    label = fields.String(metadata={"example": "K number"})
    label_hi = fields.String(metadata={"example": "के नंबर"})
    type = fields.String(metadata={"description": "NUMERIC or ALPHANUMERIC", "example": "NUMERIC"})
    min_length = fields.Integer(metadata={"example": 12})
    max_length = fields.Integer(metadata={"example": 12})
    pattern = fields.String(allow_none=True, metadata={"description": "Regular expression of the whole value."})
    optional = fields.Boolean()


class ModeShownSchema(Schema):
    """A way of paying and the most that one payment may be."""

    channel = fields.String(metadata={"description": "AGT a centre's counter, INT the portal", "example": "AGT"})
    mode = fields.String(metadata={"example": "WALLET"})
    maximum = shown("The most that one payment may be, service charge included.")


class BillerShownSchema(Schema):
    """A biller that can be paid."""

    biller_id = fields.String(metadata={"example": "JVVNL"})
    name = fields.String()
    name_hi = fields.String()
    category = fields.String(metadata={"example": "ELECTRICITY"})
    coverage = fields.String()
    pending_supported = fields.Boolean(
        metadata={"description": "Whether a payment may stay pending at the biller for a while."}
    )
    customer_params = fields.List(fields.Nested(CustomerParamShownSchema))
    payment_modes = fields.List(fields.Nested(ModeShownSchema))


class BillersSchema(Schema):
    """The billers. There are few, so there is one page: `next` is always null."""

    items = fields.List(fields.Nested(BillerShownSchema))
    next = fields.String(allow_none=True)


class BillFetchRequestSchema(Schema):
    """Which customer of which biller."""

    biller_id = fields.String(required=True, validate=validate.Length(1, 40), metadata={"example": "JVVNL"})
    customer_params = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        values=fields.String(validate=validate.Length(max=64)),
        required=True,
        metadata={
            "description": "What the biller asks for, by name (see `customer_params` of the biller).",
            "example": {"k_number": "100000000001"},
        },
    )


class BillShownSchema(Schema):
    """A bill, payable until it expires."""

    bill_id = fields.String(metadata={"example": "bil_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    amount = shown("What is due.")
    service_charge = shown("Charged for paying the whole bill, by the order in force.")
    total = shown("amount + service_charge.")
    fee_order = fields.String(metadata={"description": "The order that sets the charge or fee."})
    due_on = fields.Date(allow_none=True)
    bill_period = fields.String(allow_none=True)
    exactness = fields.String(
        metadata={"description": "EXACT, EXACT_AND_ABOVE, EXACT_AND_BELOW, ANY or RANGE", "example": "EXACT"}
    )
    minimum = fields.Nested(MoneyShownSchema, allow_none=True, metadata={"description": "Least part payment."})
    multiple = fields.Nested(
        MoneyShownSchema, allow_none=True, metadata={"description": "A part payment is a multiple of this."}
    )
    expires_at = instant("Until then it can be paid as quoted.")


class LeftOutShownSchema(Schema):
    """A bill that the biller lists and that cannot be paid here."""

    code = fields.String(metadata={"description": "nothing-to-pay or not-readable", "example": "nothing-to-pay"})
    detail = fields.String()
    detail_hi = fields.String()
    bill_period = fields.String(allow_none=True)
    due_on = fields.Date(allow_none=True)


class BillFetchShownSchema(Schema):
    """What a customer owes."""

    bill_fetch_id = fields.String(metadata={"example": "bfe_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    biller_id = fields.String(metadata={"example": "JVVNL"})
    status = fields.String(metadata={"description": "BILLS_FOUND or NOTHING_DUE", "example": "BILLS_FOUND"})
    bills = fields.List(fields.Nested(BillShownSchema))
    left_out = fields.List(
        fields.Nested(LeftOutShownSchema),
        metadata={"description": "What the biller lists beside `bills` and cannot be paid here, and why."},
    )
