"""Days that people write: of each there is a first instant, and a day after it."""

from datetime import date

import pytest
import typer
from marshmallow import ValidationError
from tests.support.builders import NOW

from billing.adapters.data.biller_files import Day as DayOfFile
from billing.domain.tariff.bills import amount_as_of
from billing.entrypoints.http.tariff.schemas import Day as DayOfQuery
from billing.entrypoints.settlement_commands import day_of
from billing.entrypoints.tariff_commands import first_of_month


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_that_has_no_first_instant_or_no_morrow_is_no_day(day: str) -> None:
    for field in (DayOfFile(), DayOfQuery()):
        with pytest.raises(ValidationError):
            field.deserialize(day)
        assert field.deserialize("2026-11-26") == date(2026, 11, 26)
    for read, text in ((day_of, day), (first_of_month, day[:7])):
        with pytest.raises(typer.BadParameter):
            read(text)


def test_a_biller_that_writes_no_due_day_as_the_last_day_there_is_has_its_bill_paid() -> None:
    assert amount_as_of(NOW, 1_000, date(9999, 12, 31), 1_100) == (1_000, None)
