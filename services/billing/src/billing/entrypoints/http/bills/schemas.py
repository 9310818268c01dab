"""The documents of billers and bill fetches."""

from marshmallow import Schema, fields, validate

from billing.domain.tariff.billers import LONGEST_PARAM, Exactness, Fetching, Flow, Listing
from billing.entrypoints.http.amounts import MoneySchema, above_zero, instant, shown
from servicekit.fields import Code, PrintedCode

CATEGORIES = [
    "ELECTRICITY",
    "WATER",
    "MOBILE",
    "MOBILE_PREPAID",
    "LANDLINE",
    "EXAM_FEE",
    "FEE_COLLECTION",
    "APPLICATION_FEE",
]
MODES = ["WALLET", "CARD", "UPI"]
CHANNELS = ["AGT", "KIOSK", "INT", "MOB"]

BILL_FETCH_EXAMPLE = {"biller_id": "JVVNL", "customer_params": {"k_number": "100000000001"}}


class BillersQuerySchema(Schema):
    """Which billers to list."""

    category = fields.String(
        validate=validate.OneOf(CATEGORIES),
        metadata={"description": "Only billers of this category.", "example": "ELECTRICITY"},
    )


class CustomerParamShownSchema(Schema):
    """What a biller needs to find its customer."""

    name = fields.String(required=True, metadata={"example": "k_number"})
    label = fields.String(required=True, metadata={"example": "K number"})
    label_hi = fields.String(required=True, metadata={"example": "के नंबर"})
    type = fields.String(
        required=True, validate=validate.OneOf(["NUMERIC", "ALPHANUMERIC"]), metadata={"example": "NUMERIC"}
    )
    min_length = fields.Integer(required=True, metadata={"example": 12})
    max_length = fields.Integer(required=True, metadata={"example": 12})
    pattern = fields.String(
        required=True, allow_none=True, metadata={"description": "Regular expression of the whole value."}
    )
    optional = fields.Boolean(required=True)
    choices = fields.List(
        fields.String(), required=True, metadata={"description": "The only values it may have; none: any of its form."}
    )


class AmountsShownSchema(Schema):
    """What a payer may name as the amount."""

    minimum = shown("At least this.")
    maximum = shown("At most this.")
    multiple = shown("A multiple of this.")


class ModeShownSchema(Schema):
    """A way of paying and the most that one payment may be."""

    channel = fields.String(
        required=True,
        validate=validate.OneOf(CHANNELS),
        metadata={
            "description": "AGT: a centre's counter; KIOSK: an unattended machine; INT: a portal; MOB: an app.",
            "example": "AGT",
        },
    )
    mode = fields.String(required=True, validate=validate.OneOf(MODES), metadata={"example": "WALLET"})
    maximum = shown("The most that one payment may be, service charge included.")


class BillerShownSchema(Schema):
    """A biller that can be paid."""

    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    name = fields.String(required=True)
    name_hi = fields.String(required=True)
    category = fields.String(
        required=True,
        metadata={
            "description": "Others may come; show what you do not know as it is.",
            "x-extensible-enum": CATEGORIES,
            "example": "ELECTRICITY",
        },
    )
    coverage = fields.String(required=True)
    pending_supported = fields.Boolean(
        required=True, metadata={"description": "Whether a payment may stay pending at the biller for a while."}
    )
    bharat_connect_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Its id in Bharat Connect; null where it is unset.", "example": "JVVNL0000RAJ01"},
    )
    flow = fields.String(
        required=True,
        validate=validate.OneOf([flow.value for flow in Flow]),
        metadata={"description": "How it is paid unless the payer names an amount.", "example": "FETCH_AND_PAY"},
    )
    fetch = fields.String(
        required=True,
        validate=validate.OneOf([fetching.value for fetching in Fetching]),
        metadata={"description": "Whether it must, may or cannot be asked what is due.", "example": "MANDATORY"},
    )
    listing = fields.String(
        required=True,
        validate=validate.OneOf([listing.value for listing in Listing]),
        metadata={
            "description": "Of several bills, one at a time (SINGLE), the oldest first (LIST) or any (SELECTIVE).",
            "example": "SELECTIVE",
        },
    )
    amounts = fields.Nested(
        AmountsShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "What the payer may name; null: the biller or an order says what is due."},
    )
    has_plans = fields.Boolean(required=True, metadata={"description": "Whether it has plans to choose from."})
    facts_unset = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "What is not known of it; nothing stands in its place."},
    )
    sandbox = fields.Boolean(required=True, metadata={"description": "Whether it exists in the sandbox only."})
    customer_params = fields.List(fields.Nested(CustomerParamShownSchema), required=True)
    payment_modes = fields.List(fields.Nested(ModeShownSchema), required=True)


class BillersSchema(Schema):
    """The billers. There are few, so there is one page: `next` is always null."""

    items = fields.List(fields.Nested(BillerShownSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class PlansQuerySchema(Schema):
    """Of which circle."""

    circle = Code(
        r"[A-Za-z_]{1,20}",
        longest=20,
        required=True,
        metadata={"description": "One of the choices of the biller's parameter `circle`.", "example": "RAJASTHAN"},
    )


class PlanShownSchema(Schema):
    """One plan of a prepaid biller."""

    plan_id = fields.String(required=True, metadata={"example": "SANDBOX-28"})
    amount = shown("What it costs.")
    description = fields.String(required=True, metadata={"description": "In the operator's words."})
    validity_days = fields.Integer(required=True, allow_none=True, metadata={"example": 28})
    sandbox = fields.Boolean(required=True, metadata={"description": "Whether it is none of a real operator's."})


class PlansSchema(Schema):
    """The plans. There are few, so there is one page: `next` is always null."""

    items = fields.List(fields.Nested(PlanShownSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class BillFetchRequestSchema(Schema):
    """Which customer of which biller."""

    biller_id = Code(r"[A-Za-z0-9-]{1,40}", longest=40, required=True, metadata={"example": "JVVNL"})
    customer_params = fields.Dict(
        keys=Code(r"[a-z0-9_]{1,40}", longest=40),
        values=PrintedCode(longest=LONGEST_PARAM),
        required=True,
        metadata={
            "description": "What the biller asks for, by name (see `customer_params` of the biller).",
            "example": {"k_number": "100000000001"},
        },
    )
    amount = fields.Nested(
        MoneySchema,
        validate=above_zero,
        metadata={"description": "What is to be paid, where the biller lists no bills and no order sets the fee."},
    )
    channel = fields.String(
        validate=validate.OneOf(CHANNELS),
        metadata={
            "description": "Where the payer is: at a centre AGT (the usual) or KIOSK, else INT (the usual) or MOB.",
            "example": "AGT",
        },
    )


class BillShownSchema(Schema):
    """A bill, payable until it expires."""

    bill_id = fields.String(required=True, metadata={"example": "bil_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    amount = shown("What is due.")
    service_charge = shown("Charged for paying the whole bill, by the order in force.")
    total = shown("amount + service_charge.")
    fee_order = fields.String(required=True, metadata={"description": "The order that sets the charge or fee."})
    fee_order_hi = fields.String(required=True, metadata={"description": "The order's name in Hindi."})
    fee_window = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The window of an examination's fee; it ends no earlier than the quote."},
    )
    due_on = fields.Date(required=True, allow_none=True)
    bill_period = fields.String(required=True, allow_none=True)
    exactness = fields.String(
        required=True,
        validate=validate.OneOf([exactness.value for exactness in Exactness]),
        metadata={"description": "Which amounts the biller accepts (Bharat BillPay).", "example": "EXACT"},
    )
    minimum = shown("Least part payment.", allow_none=True)
    multiple = shown("A part payment is a multiple of this.", allow_none=True)
    expires_at = instant("Until then it can be paid as quoted.")


class LeftOutShownSchema(Schema):
    """A bill that the biller lists and that cannot be paid here."""

    code = fields.String(
        required=True,
        metadata={
            "x-extensible-enum": ["nothing-to-pay", "not-readable", "another-first", "paid"],
            "example": "nothing-to-pay",
        },
    )
    detail = fields.String(required=True)
    detail_hi = fields.String(required=True)
    bill_period = fields.String(required=True, allow_none=True)
    due_on = fields.Date(required=True, allow_none=True)


class BillFetchShownSchema(Schema):
    """What a customer owes."""

    bill_fetch_id = fields.String(required=True, metadata={"example": "bfe_01930a6c5d2e7c1f9b3a4d5e6f708192"})
    biller_id = fields.String(required=True, metadata={"example": "JVVNL"})
    status = fields.String(
        required=True, validate=validate.OneOf(["BILLS_FOUND", "NOTHING_DUE"]), metadata={"example": "BILLS_FOUND"}
    )
    bills = fields.List(fields.Nested(BillShownSchema), required=True)
    left_out = fields.List(
        fields.Nested(LeftOutShownSchema),
        required=True,
        metadata={"description": "What the biller lists beside `bills` and cannot be paid here, and why."},
    )
