"""The documents of searches. What is asked stands in the body, because an address is kept in logs."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from revenue_courts.domain.search import words
from revenue_courts.entrypoints.http.advocate_schemas import enrolment_number
from revenue_courts.entrypoints.http.case_schemas import LONGEST_LINE, LONGEST_NAME, khasra_number
from revenue_courts.entrypoints.http.court_schemas import COURT_CODE_FORM, LARGEST_PAGE, NUMBER_FORM, PAGE_SIZE
from servicekit.fields import Code, Coded, Text
from servicekit.http import CursorText
from servicekit.text import Line, Name

SEARCH_EXAMPLE: dict[str, Any] = {
    "district_code": "102",
    "land": {"tehsil": "Jaipur", "village": "Sandbox Gaon", "khasra": "113/2"},
}
_WAYS = ("number", "party", "land", "enrolment")


class SoughtLandSchema(Schema):
    """One khasra of one village; letter case and the order of words do not count."""

    tehsil = Text(Line(LONGEST_LINE), required=True)
    village = Text(Line(LONGEST_LINE), required=True)
    khasra = khasra_number(required=True)


class CaseSearchSchema(Schema):
    """By exactly one of `number`, `party`, `land` and `enrolment`; all but the number need the district."""

    number = Code(NUMBER_FORM, longest=100, error="Must be a case number such as bor/tenancy-appeal/2026/12.")
    party = Text(
        Name(LONGEST_NAME),
        metadata={"description": "Whole words of a party's name, or of a minor's guardian's, as they were filed."},
    )
    land = fields.Nested(SoughtLandSchema)
    enrolment = enrolment_number()
    district_code = Code(r"[1-9][0-9]{0,2}", longest=3, metadata={"description": "LGD code: where the land lies."})
    court_code = Code(
        COURT_CODE_FORM,
        longest=40,
        metadata={"description": "An officer who names the own court is shown what it hears in camera too."},
    )
    cursor = CursorText()
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=LARGEST_PAGE))

    @validates_schema(skip_on_field_errors=True)
    def in_one_way(self, data: dict[str, Any], **_: Any) -> None:
        """Two ways at once have no index, and a whole state is too much for a name."""
        given = [way for way in _WAYS if way in data]
        if len(given) != 1:
            names = ", ".join(_WAYS)
            told = Coded("one-way", f"Give exactly one of: {names}.", f"इनमें से ठीक एक दें: {names}।")
            raise ValidationError(told, given[1] if given else "number")
        if given != ["number"] and "district_code" not in data:
            raise ValidationError(Coded("required", "Say in which district.", "ज़िला बताएँ।"), "district_code")
        if "party" in data and not words(data["party"]):
            raise ValidationError(Coded("blank", "Give at least one word of the name.", "नाम का एक शब्द दें।"), "party")
