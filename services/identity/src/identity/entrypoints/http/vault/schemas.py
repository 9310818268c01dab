"""What goes over HTTP to and from the vault."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from identity.domain.vault.identifiers import LONGEST_TYPED, Kind
from servicekit.fields import Code, Coded, Instant
from servicekit.http.cursor import CursorText

_REFERENCE = r"vlt_[0-9a-f]{32}"
_EXAMPLE = "vlt_5c0f1e7a9b3d42688f21c4d07ea935b6"
MOST_PER_PAGE = 100
PER_PAGE = 20


def _kind() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.OneOf(
            [kind.value for kind in Kind],
            error=Coded("not-allowed", "Must be one of: {choices}.", "इनमें से एक हो: {choices}।"),
        ),
        metadata={"example": "aadhaar"},
    )


def _reference() -> Code:
    error = Coded(
        "invalid-format",
        "Must be a reference of the vault: vlt_ and 32 digits or letters a to f.",
        "यह वॉल्ट का संदर्भ हो: vlt_ और 32 अंक या a से f तक के अक्षर।",
    )
    return Code(_REFERENCE, longest=36, required=True, error=error, metadata={"example": _EXAMPLE})


class DiscreetSchema(Schema):
    """A problem names a member that nobody knows: digits in that name are masked, for it may be the number itself."""

    def handle_error(self, error: ValidationError, data: Any, **_: Any) -> None:
        del data
        if isinstance(error.messages, dict):
            error.messages = {re.sub(r"\d", "X", str(name)): messages for name, messages in error.messages.items()}


class StoreRequestSchema(DiscreetSchema):
    """A number, as somebody typed it."""

    kind = _kind()
    number = fields.String(
        required=True,
        validate=validate.Length(
            min=1,
            max=LONGEST_TYPED,
            error=Coded("invalid-length", "Must have {min} to {max} characters.", "इसमें {min} से {max} अक्षर हों।"),
        ),
        metadata={
            "description": "Spaces, hyphens, letter case and the script of the digits do not count.",
            "example": "0000 0000 0000",
        },
    )
    person_id = Code(
        r"per_[A-Za-z0-9_]{1,60}",
        longest=64,
        load_default=None,
        allow_none=True,
        error=Coded("invalid-format", "Must look like per_0190ab12.", "यह per_0190ab12 जैसा हो।"),
        metadata={
            "description": "Whose number it is, where you checked that; needs the scope vault:owners.",
            "example": "per_01930a6c5e8b7d3f9a41c2e07b6d8f10",
        },
    )


class ReferenceSchema(Schema):
    """What stands for the number everywhere else."""

    reference = fields.String(required=True, metadata={"example": _EXAMPLE})
    kind = _kind()
    masked = fields.String(
        required=True, metadata={"description": "As it may be shown and kept.", "example": "XXXX XXXX 0000"}
    )


class DetokenisationRequestSchema(DiscreetSchema):
    """Whose number, and what for."""

    reference = _reference()
    purpose = Code(
        r"[a-z][a-z0-9-]{0,39}",
        longest=40,
        required=True,
        error=Coded("invalid-format", "Must be the id of a purpose.", "यह किसी उद्देश्य की पहचान हो।"),
        metadata={
            "description": "Of the closed list; the token needs the scope vault-purpose:PURPOSE too.",
            "example": "benefit-transfer",
        },
    )


class DetokenisationSchema(Schema):
    """The number. Use it for the purpose and forget it."""

    reference = fields.String(required=True, metadata={"example": _EXAMPLE})
    kind = _kind()
    number = fields.String(required=True, metadata={"example": "000000000000"})
    reading_id = fields.String(required=True, metadata={"example": "rdg_01930a6c5e8b7d3f9a41c2e07b6d8f10"})


class ReadingsQuerySchema(Schema):
    """Which page of the list."""

    limit = fields.Integer(load_default=PER_PAGE, validate=validate.Range(min=1, max=MOST_PER_PAGE))
    cursor = CursorText(load_default=None)


class ReadingSchema(Schema):
    """Somebody read the number: who, when and what for."""

    reading_id = fields.String(required=True)
    purpose = fields.String(required=True, metadata={"example": "benefit-transfer"})
    purpose_title = fields.String(required=True)
    purpose_title_hi = fields.String(required=True)
    client_id = fields.String(required=True, metadata={"example": "cli_benefits"})
    kiosk_id = fields.String(required=True, allow_none=True)
    person_id = fields.String(required=True, allow_none=True)
    at = Instant(required=True)


class ReadingsPageSchema(Schema):
    """A page of the list, oldest first; `erased_at` is null while the number is kept."""

    reference = fields.String(required=True, metadata={"example": _EXAMPLE})
    kind = _kind()
    masked = fields.String(required=True, metadata={"description": "Empty once the number is erased."})
    erased_at = Instant(required=True, allow_none=True)
    items = fields.List(fields.Nested(ReadingSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Cursor of the next page."})
