"""Rules of commission, as a file: what it must look like, and the rules that follow."""

from importlib.resources import files
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from billing.adapters.data.biller_files import Day, text
from billing.adapters.data.marked_yaml import read_marked
from billing.domain.commission.statement import EARNERS, CommissionRule
from billing.domain.money import WHOLE
from servicekit.fields import Form

_FILE = "commission_rules.yaml"
_CATEGORY = Form(r"[A-Z][A-Z0-9_]{1,39}", longest=40)
_VERSION = Form(r"[a-z0-9][a-z0-9.-]{0,39}", longest=40)


class CommissionRuleSchema(Schema):
    """One rule."""

    version = fields.String(required=True, validate=_VERSION)
    order = text(allow_none=True)
    from_day = Day(required=True, data_key="from")
    until = Day(load_default=None)
    categories = fields.List(fields.String(validate=_CATEGORY), required=True, validate=validate.Length(min=1))
    channels = fields.List(fields.String(validate=_CATEGORY), required=True, validate=validate.Length(min=1))
    shares = fields.Dict(
        keys=fields.String(validate=validate.OneOf(EARNERS)),
        values=fields.Integer(strict=True, validate=validate.Range(0, WHOLE)),
        required=True,
        allow_none=True,
    )

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        shares = data["shares"]
        if shares is not None and sum(shares.values()) != WHOLE:
            raise ValidationError(f"Must sum to {WHOLE} basis points.", "shares")
        if (shares is None) != (data["order"] is None):
            raise ValidationError("Shares need the order that states them, and an order its shares.", "order")


class CommissionFileSchema(Schema):
    """All rules."""

    rules = fields.List(fields.Nested(CommissionRuleSchema), required=True)


def load_commission_rules() -> list[CommissionRule]:
    """The rules of the file beside this module. Raises BadFile."""
    return read_commission_rules(_FILE, files("billing.adapters.data").joinpath(_FILE).read_text("utf-8"))


def read_commission_rules(file: str, content: str) -> list[CommissionRule]:
    """The rules in a file. Raises BadFile, with the line of each problem."""
    return [
        CommissionRule(
            row["version"],
            row["order"],
            frozenset(row["categories"]),
            frozenset(row["channels"]),
            row["from_day"],
            row["until"],
            row["shares"],
        )
        for row in read_marked(file, content).load(CommissionFileSchema())["rules"]
    ]
