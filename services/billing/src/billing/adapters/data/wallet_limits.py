"""Reads the limits of wallets from the file that sets them."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from billing.adapters.data.biller_files import Day, paise, text
from billing.adapters.data.marked_yaml import read_marked
from billing.domain.ledger.limits import WalletLimits


class WalletLimitsSchema(Schema):
    """What one order sets, from a day on."""

    source = text(300)
    effective_from = Day(required=True)
    least_paise = paise(load_default=None, allow_none=True)
    most_paise = paise(load_default=None, allow_none=True)
    low_paise = paise(load_default=None, allow_none=True)

    @validates_schema
    def _least_is_not_above_most(self, data: dict[str, Any], **_: Any) -> None:
        least, most = data["least_paise"], data["most_paise"]
        if least is not None and most is not None and least > most:
            raise ValidationError("Must not be above most_paise.", "least_paise")


class WalletLimitsFileSchema(Schema):
    """By environment."""

    live = fields.List(fields.Nested(WalletLimitsSchema), required=True)
    sandbox = fields.List(fields.Nested(WalletLimitsSchema), required=True)


def read_wallet_limits(file: str, content: str, environment: str) -> Sequence[WalletLimits]:
    """The limits that a file sets for an environment. Raises BadFile, with the line of each problem."""
    rows = read_marked(file, content).load(WalletLimitsFileSchema())["live" if environment == "live" else "sandbox"]
    return [
        WalletLimits(row["effective_from"], row["least_paise"], row["most_paise"], row["low_paise"]) for row in rows
    ]


def load_wallet_limits(environment: str) -> Sequence[WalletLimits]:
    """Those that come with the service. Raises BadFile."""
    name = "wallet_limits.yaml"
    return read_wallet_limits(name, files("billing.adapters.data").joinpath(name).read_text("utf-8"), environment)
