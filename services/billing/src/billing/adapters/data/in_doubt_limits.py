"""Reads how long payments may be in doubt, or wait for a biller that is down, from the files that publish it."""

from datetime import timedelta
from importlib.resources import files

from marshmallow import Schema, fields, validate

from billing.adapters.data.biller_files import Day, text
from billing.adapters.data.marked_yaml import read_marked
from billing.domain.doubts.limits import DoubtLimit, DoubtLimits

# The Reserve Bank's longest turn-around time is of days; more is a mistake in writing.
MOST_HOURS = 24 * 30


class DoubtLimitSchema(Schema):
    """One row."""

    source = text(300)
    effective_from = Day(required=True)
    biller_id = fields.String(required=True, allow_none=True, validate=validate.Length(1, 64))
    mode = fields.String(required=True, allow_none=True, validate=validate.OneOf(["WALLET", "CARD", "UPI"]))
    hours = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_HOURS))


class DoubtLimitsFileSchema(Schema):
    """All rows."""

    limits = fields.List(fields.Nested(DoubtLimitSchema), required=True)


def read_doubt_limits(file: str, content: str, usual: timedelta) -> DoubtLimits:
    """The limits that a file publishes; `usual` for all else. Raises BadFile, with the line of each problem."""
    rows = read_marked(file, content).load(DoubtLimitsFileSchema())["limits"]
    return DoubtLimits(
        usual,
        [
            DoubtLimit(row["effective_from"], row["biller_id"], row["mode"], timedelta(hours=row["hours"]))
            for row in rows
        ],
    )


def load_doubt_limits(usual: timedelta) -> DoubtLimits:
    """How long a payment may be in doubt, as published with the service. Raises BadFile."""
    return _load("in_doubt_limits.yaml", usual)


def load_queue_limits(usual: timedelta) -> DoubtLimits:
    """How long a payment waits for a biller that is down, as published with the service. Raises BadFile."""
    return _load("queue_limits.yaml", usual)


def _load(name: str, usual: timedelta) -> DoubtLimits:
    return read_doubt_limits(name, files("billing.adapters.data").joinpath(name).read_text("utf-8"), usual)
