"""The documents of notices and of hearings."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from revenue_courts.domain.notice import Mode, NoticeKind, Status
from revenue_courts.entrypoints.http.case_schemas import CourtHearingSchema
from revenue_courts.entrypoints.http.court_schemas import NUMBER_FORM, CourtCodedSchema
from servicekit.fields import Code, Coded, StrictInteger, Text
from servicekit.text import Line, Remarks

LONGEST_ADDRESS, LONGEST_REASON, MOST_PARTIES, MOST_NOTICES = 300, 1_000, 200, 1_000
# Base32 as Crockford writes it, in four groups that a person can read from paper: 80 bits.
PRINTED_FORM = r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}"
_CODE = r"[a-z][a-z0-9-]{1,39}"
NOTICES_EXAMPLE: dict[str, Any] = {"kind": "summons", "mode": "process-server", "parties": [3]}
SERVICE_EXAMPLE: dict[str, Any] = {
    "no": 1,
    "outcome": "affixed",
    "on": "2026-11-27",
    "position": [75.7873, 26.9124],
    "photo_sha256": "0" * 64,
    "text": "Put on the door before two neighbours.",
}
JOIN_EXAMPLE: dict[str, Any] = {
    "number": "test-tehsildar-jaipur/tenancy-division/2026/1",
    "code": "0123-4567-89AB-CDEF",
}
_ONE_PARTY = Coded("one-party", "This is for one party alone.", "यह एक ही पक्षकार के लिए है।")


class NoticesRequestSchema(Schema):
    """Who is called to the hearing that is set, and how."""

    kind = fields.Enum(NoticeKind, by_value=fields.String, required=True)
    mode = fields.Enum(Mode, by_value=fields.String, required=True)
    parties = fields.List(
        StrictInteger(validate=validate.Range(min=1, max=MOST_PARTIES)),
        required=True,
        validate=validate.Length(min=1, max=MOST_PARTIES),
        metadata={"description": "Places of the parties in the filing, counted from 1."},
    )
    address = Text(
        Line(LONGEST_ADDRESS),
        load_default=None,
        metadata={"description": "In place of the one in the filing; of one party alone."},
    )
    instead_of = StrictInteger(
        load_default=None,
        validate=validate.Range(min=1, max=MOST_NOTICES),
        metadata={"description": "The notice of this party that is sent again."},
    )
    text = Text(Remarks(LONGEST_REASON), load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def what_is_one_partys_is_for_one(self, data: dict[str, Any], **_: Any) -> None:
        """An address, and what is sent again."""
        if len(set(data["parties"])) == 1:
            return
        for name in ("address", "instead_of"):
            if data[name] is not None:
                raise ValidationError(_ONE_PARTY, name)


class NoticeServiceSchema(Schema):
    """What became of a notice."""

    no = StrictInteger(required=True, validate=validate.Range(min=1, max=MOST_NOTICES))
    outcome = Code(_CODE, longest=40, required=True, metadata={"description": "Of codes.services of GET …/case-kinds."})
    on = fields.Date(required=True)
    position = fields.Tuple(
        (
            fields.Float(validate=validate.Range(min=-180, max=180)),
            fields.Float(validate=validate.Range(min=-90, max=90)),
        ),
        load_default=None,
        metadata={"description": "Longitude, then latitude, in degrees: where the process server was."},
    )
    photo_sha256 = Code(
        r"[0-9a-f]{64}", longest=64, load_default=None, metadata={"description": "Of the photograph taken there."}
    )
    text = Text(Remarks(LONGEST_REASON), load_default=None)


class CaseJoinSchema(Schema):
    """Both stand on the notice that the party got."""

    number = Code(NUMBER_FORM, longest=100, required=True)
    code = Code(PRINTED_FORM, longest=19, required=True)


class CourtNoticeSchema(Schema):
    """A notice, and what became of it."""

    no = fields.Integer(required=True)
    notice_number = fields.String(required=True)
    party = fields.Integer(required=True)
    hearing_no = fields.Integer(required=True)
    kind = fields.String(required=True, metadata={"enum": [one.value for one in NoticeKind]})
    mode = fields.String(required=True, metadata={"enum": [one.value for one in Mode]})
    address = fields.String(required=True)
    issued_on = fields.String(required=True, metadata={"format": "date"})
    instead_of = fields.Integer(required=True, allow_none=True)
    status = fields.String(required=True, metadata={"enum": [one.value for one in Status]})
    outcome = fields.Nested(CourtCodedSchema, required=True, allow_none=True)
    reported_on = fields.String(required=True, allow_none=True, metadata={"format": "date"})
    position = fields.List(fields.Float(), required=True, allow_none=True)
    photo_sha256 = fields.String(required=True, allow_none=True)
    code = fields.String(
        required=True, allow_none=True, metadata={"description": "To be printed on it; for the court alone."}
    )


class CourtNoticesSchema(Schema):
    """All notices of a case, on one page."""

    items = fields.List(fields.Nested(CourtNoticeSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class CourtHearingsSchema(Schema):
    """All hearings of a case, on one page."""

    items = fields.List(fields.Nested(CourtHearingSchema), required=True)
    next = fields.String(required=True, allow_none=True)
