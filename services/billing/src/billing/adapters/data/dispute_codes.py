"""Reads what may be disputed, and by when disputes are to be decided, from the file that sets it."""

from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files

from marshmallow import Schema, fields, validate

from billing.adapters.data.biller_files import Day, text
from billing.adapters.data.marked_yaml import read_marked
from billing.domain.disputes.dispute import DisputeCode, TurnAround

# Half a year: more is a mistake in writing.
MOST_HOURS = 24 * 183


class TurnAroundSchema(Schema):
    """What one order sets, from a day on."""

    source = text(300)
    effective_from = Day(required=True)
    hours = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_HOURS))


class DisputeCodeSchema(Schema):
    """One code."""

    code = fields.String(required=True, validate=validate.Regexp(r"[a-z][a-z0-9-]{1,39}\Z"))
    name = text(120)
    name_hi = text(120)
    is_explained = fields.Boolean(required=True, truthy={True}, falsy={False})
    turn_around = fields.List(fields.Nested(TurnAroundSchema), required=True)


class DisputeCodesFileSchema(Schema):
    """All codes."""

    codes = fields.List(fields.Nested(DisputeCodeSchema), required=True, validate=validate.Length(min=1))


def read_dispute_codes(file: str, content: str) -> Mapping[str, DisputeCode]:
    """The codes of a file, in its order. Raises BadFile, with the line of each problem."""
    rows = read_marked(file, content).load(DisputeCodesFileSchema())["codes"]
    return {
        row["code"]: DisputeCode(
            row["code"],
            row["name"],
            row["name_hi"],
            row["is_explained"],
            tuple(
                TurnAround(order["effective_from"], order["source"], timedelta(hours=order["hours"]))
                for order in row["turn_around"]
            ),
        )
        for row in rows
    }


def load_dispute_codes() -> Mapping[str, DisputeCode]:
    """Those that come with the service. Raises BadFile."""
    name = "dispute_codes.yaml"
    return read_dispute_codes(name, files("billing.adapters.data").joinpath(name).read_text("utf-8"))
