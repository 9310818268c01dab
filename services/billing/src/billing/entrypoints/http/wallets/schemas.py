"""The documents of wallets."""

from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from billing.domain.ledger.entries import Kind
from billing.entrypoints.http.amounts import instant, shown
from billing.entrypoints.http.tariff.schemas import Day
from servicekit.fields import Coded, Instant
from servicekit.http import CursorText

PAGE_SIZE, LARGEST_PAGE = 50, 200
# More than a year and a day is asked for in parts.
MOST_DAYS = 366

_NOT_A_DAY = Coded("not-a-day", "Write a day as 2026-11-26.", "तारीख इस तरह लिखें: 2026-11-26।")


class FrozenShownSchema(Schema):
    """Why the wallet pays nothing now."""

    reason = fields.String(required=True, allow_none=True, metadata={"description": "What the register gave."})
    until = Instant(
        required=True, allow_none=True, metadata={"description": "When it ends by itself; null: it does not."}
    )
    says = fields.String(required=True, metadata={"description": "What it means, to be shown to the operator."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})


class WalletShownSchema(Schema):
    """A centre's prepaid wallet."""

    kiosk_id = fields.String(required=True, metadata={"example": "ksk_RJ10200001"})
    balance = shown("All money in the wallet, held money included.")
    held = shown("Held for payments in progress.")
    available = shown("balance − held; below zero while credit is in use.")
    credit_limit = shown("How far below zero `available` may go.")
    low_limit = shown("Below this the centre is told that the wallet is low; null: no order sets it.", allow_none=True)
    is_low = fields.Boolean(required=True, metadata={"description": "Whether `available` is below `low_limit`."})
    least_top_up = shown("The least that may be put in at once; null: no order sets it.", allow_none=True)
    most_top_up = shown("The most that may be put in at once; null: no order sets it.", allow_none=True)
    frozen = fields.Nested(
        FrozenShownSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Set while the centre is suspended or closed; else null."},
    )


class DaysQuerySchema(Schema):
    """Which days, both included."""

    first = Day(
        required=True,
        data_key="from",
        error_messages={"invalid": _NOT_A_DAY},
        metadata={"description": "The first day in India.", "example": "2026-11-01"},
    )
    last = Day(
        required=True,
        data_key="to",
        error_messages={"invalid": _NOT_A_DAY},
        metadata={"description": "The last day in India.", "example": "2026-11-30"},
    )

    @validates_schema
    def _days_follow(self, data: dict[str, Any], **_: Any) -> None:
        if data["last"] < data["first"]:
            told = Coded("before-from", "The last day is before the first.", "अंतिम तारीख पहली तारीख से पहले है।")
            raise ValidationError([told], "to")
        if (data["last"] - data["first"]).days >= MOST_DAYS:
            told = Coded(
                "too-many-days",
                f"At most {MOST_DAYS} days at once: ask for fewer.",
                f"एक बार में अधिक से अधिक {MOST_DAYS} दिन: कम दिन माँगें।",
            )
            raise ValidationError([told], "to")


class StatementQuerySchema(DaysQuerySchema):
    """Which days, and which part of their lines."""

    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before."})


def days_of(query: dict[str, Any]) -> tuple[date, date]:
    """The first and the last day of a query."""
    return query["first"], query["last"]


class StatementLineShownSchema(Schema):
    """One movement of the wallet."""

    at = instant("When it was entered.")
    kind = fields.String(
        required=True,
        metadata={
            "description": "`hold`: for a payment; `void`: back from a failed one; `refund`; `top-up`; `funding`: play "
            "money of the sandbox; `penalty`: imposed by the register. More kinds may appear.",
            "x-extensible-enum": [
                *(Kind.HOLD.value, Kind.VOID.value, Kind.REFUND.value, "top-up", Kind.FUNDING.value),
                Kind.PENALTY.value,
            ],
            "example": "top-up",
        },
    )
    says = fields.String(required=True, metadata={"description": "What it is, to be shown to the operator."})
    says_hi = fields.String(required=True, metadata={"description": "The same in Hindi."})
    amount = shown("What came in (above zero) or went out (below).")
    balance = shown("What was left after it.")
    payment_id = fields.String(required=True, allow_none=True)
    top_up_id = fields.String(required=True, allow_none=True)


class StatementShownSchema(Schema):
    """A page of a wallet's statement."""

    kiosk_id = fields.String(required=True, metadata={"example": "ksk_RJ10200001"})
    first_on = fields.Date(required=True, metadata={"description": "The first day in India."})
    last_on = fields.Date(required=True, metadata={"description": "The last day in India."})
    opening = shown("The balance at the first instant of the first day.")
    closing = shown("The balance at the end of the last day, or now.")
    items = fields.List(
        fields.Nested(StatementLineShownSchema), required=True, metadata={"description": "In the order of time."}
    )
    next = fields.String(required=True, allow_none=True)


class DaySumShownSchema(Schema):
    """All movements of one kind on a day."""

    amount = shown("Their sum: above zero came in.")
    count = fields.Integer(required=True)


class DayShownSchema(Schema):
    """A day of a wallet."""

    on = fields.Date(required=True, metadata={"description": "The day in India."})
    opening = shown("The balance at its first instant.")
    paid = fields.Nested(DaySumShownSchema, required=True, metadata={"description": "For payments."})
    returned = fields.Nested(DaySumShownSchema, required=True, metadata={"description": "Back from failed payments."})
    refunded = fields.Nested(DaySumShownSchema, required=True, metadata={"description": "Refunds."})
    topped_up = fields.Nested(DaySumShownSchema, required=True, metadata={"description": "Top-ups."})
    others = fields.Nested(DaySumShownSchema, required=True, metadata={"description": "Whatever else moved it."})
    closing = shown("The balance at its end, or now.")


class DayBookShownSchema(Schema):
    """A wallet's days, in order."""

    kiosk_id = fields.String(required=True, metadata={"example": "ksk_RJ10200001"})
    items = fields.List(fields.Nested(DayShownSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Always null: all are here."})
