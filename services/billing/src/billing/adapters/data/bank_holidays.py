"""When banks are closed, as a file says."""

from datetime import date
from importlib.resources import files

from marshmallow import Schema, fields, validate

from billing.adapters.data.biller_files import Day, text
from billing.adapters.data.marked_yaml import read_marked
from billing.domain.settlement.working_days import BankDays

_FILE = "bank_holidays.yaml"


class _HolidaySchema(Schema):
    on = Day(required=True)
    name = text()


class _BankHolidaysSchema(Schema):
    facts_unset = fields.List(fields.String())
    saturdays_off = fields.List(fields.Integer(strict=True, validate=validate.Range(1, 5)), required=True)
    saturdays_off_from = Day(required=True)
    holidays = fields.List(fields.Nested(_HolidaySchema), required=True)


def load_bank_days() -> BankDays:
    """The days of the file beside this module. Raises BadFile."""
    content = files("billing.adapters.data").joinpath(_FILE).read_text("utf-8")
    told = read_marked(_FILE, content).load(_BankHolidaysSchema())
    holidays: dict[date, str] = {holiday["on"]: holiday["name"] for holiday in told["holidays"]}
    return BankDays(holidays, frozenset(told["saturdays_off"]), told["saturdays_off_from"])
