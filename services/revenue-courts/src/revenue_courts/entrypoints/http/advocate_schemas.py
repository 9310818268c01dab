"""The documents of advocates in a case."""

from typing import Any

from marshmallow import Schema, fields, validate

from servicekit.fields import Code, Coded, StrictInteger, Text
from servicekit.text import Name, Remarks

LONGEST_NAME, LONGEST_REASON, MOST_PARTIES = 100, 1_000, 200
VAKALATNAMA_EXAMPLE: dict[str, Any] = {
    "advocate": "Test Advocate One",
    "enrolment": "R/123/2010",
    "parties": [1],
    "sha256": "0" * 64,
    "begins": "2026-11-27",
}
VAKALATNAMA_END_EXAMPLE: dict[str, Any] = {"no": 1, "ends": "2026-11-27", "text": "The party chose another advocate."}


def enrolment_number(**how: Any) -> Code:
    """An advocate's number at a Bar Council: the state's letters, a number, the year."""
    told = Coded(
        "wrong-form",
        "Must be a number of a Bar Council such as R/123/2010.",
        "R/123/2010 जैसी बार काउंसिल पंजीयन संख्या दें।",
    )
    return Code(r"[A-Z]{1,4}/[1-9][0-9]{0,6}/[0-9]{4}", longest=20, error=told, **how)


class VakalatnamaRequestSchema(Schema):
    """Who appears for whom, from when."""

    advocate = Text(Name(LONGEST_NAME), required=True)
    enrolment = enrolment_number(required=True)
    parties = fields.List(
        StrictInteger(validate=validate.Range(min=1, max=MOST_PARTIES)),
        required=True,
        validate=validate.Length(min=1, max=MOST_PARTIES),
        metadata={"description": "Places of the parties in the filing, counted from 1; all of one side."},
    )
    sha256 = Code(r"[0-9a-f]{64}", longest=64, required=True, metadata={"description": "Of the signed paper."})
    begins = fields.Date(required=True)


class VakalatnamaEndSchema(Schema):
    """Which one ends, when and why."""

    no = StrictInteger(required=True, validate=validate.Range(min=1, max=1_000))
    ends = fields.Date(required=True, metadata={"description": "The last day."})
    text = Text(Remarks(LONGEST_REASON), required=True)


class VakalatnamaSchema(Schema):
    """A vakalatnama of the case."""

    no = fields.Integer(required=True)
    advocate = fields.String(required=True)
    enrolment = fields.String(required=True)
    parties = fields.List(fields.Integer(), required=True)
    sha256 = fields.String(required=True)
    begins = fields.String(required=True, metadata={"format": "date"})
    ends = fields.String(
        required=True, allow_none=True, metadata={"format": "date", "description": "Null while it is in force."}
    )
