"""What goes over HTTP where somebody acts for a person."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates, validates_schema

from identity.domain.assistance.acts import ACT_CODE, IDENTIFIER, LONGEST_TEXT, MAX_SCOPES, has_long_number
from identity.domain.assistance.assistance import DEFAULT_MINUTES, MAX_MINUTES, MIN_MINUTES, State
from identity.domain.assistance.cases import LONGEST_ANSWER, CaseState, Reason
from identity.domain.clients.client import SCOPE
from identity.domain.people.mobile import LONGEST_WRITTEN
from identity.entrypoints.http.sign_in.schemas import TOKEN_PATTERN
from identity.entrypoints.http.tokens.schemas import AuthorizationDetailSchema
from identity.entrypoints.http.vault.schemas import DiscreetSchema
from servicekit.fields import Code, Coded, Instant, StrictInteger, Text
from servicekit.http.cursor import CursorText
from servicekit.money import CURRENCY, MOST_PAISE
from servicekit.text import Line, Remarks

LONGEST_OBJECT = 60
MOST_PER_PAGE = 100
PER_PAGE = 20
DISPUTE, WITHDRAW = "dispute", "withdraw"


def _without_long_numbers(value: str) -> None:
    if has_long_number(value):
        raise ValidationError(
            Coded(
                "long-number",
                "Must not have seven digits in a row: no number of a person, a bill or an account.",
                "लगातार सात अंक नहीं हो सकते: व्यक्ति, बिल या खाते की कोई संख्या नहीं।",
            )
        )


class AmountSchema(Schema):
    """Whole paise."""

    amount = StrictInteger(
        required=True, validate=validate.Range(min=1, max=MOST_PAISE), metadata={"description": "Whole paise."}
    )
    currency = fields.String(required=True, validate=validate.Equal(CURRENCY), metadata={"example": CURRENCY})


class ActRequestSchema(DiscreetSchema):
    """An act of the list, by its code; or one of a service of your own, in your words and with its scopes."""

    code = Code(ACT_CODE.pattern, longest=40, metadata={"example": "pay-bill"})
    scopes = fields.List(
        Code(SCOPE.pattern, longest=81), validate=validate.Length(min=1, max=MAX_SCOPES),
        metadata={"description": "Of an act of your own: what the token may do. Scopes of listed acts are not taken."},
    )  # fmt: skip
    text = Text(Line(LONGEST_TEXT), validate=_without_long_numbers, metadata={"description": "In English."})
    text_hi = Text(Line(LONGEST_TEXT), validate=_without_long_numbers, metadata={"description": "In Hindi."})
    type = Code(
        ACT_CODE.pattern, longest=40,
        metadata={
            "description": "Of an act of your own: what your service calls it where it looks whether it was agreed to. "
            "Then identifier, and perhaps amount, bound it.",
            "example": "registration",
        },
    )  # fmt: skip
    once = fields.Boolean(load_default=True, metadata={"description": "Of an act with a type: one time only."})

    @validates_schema
    def _one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        own = {"scopes", "text", "text_hi"} & data.keys()
        if ("code" in data) == bool(own) or (own and len(own) < 3) or {"code", "type"} <= data.keys():
            raise ValidationError(
                Coded(
                    "one-of-two",
                    "Give code, or all of scopes, text and text_hi.",
                    "code दें, या scopes, text और text_hi तीनों दें।",
                )
            )


class AssistanceRequestSchema(DiscreetSchema):
    """Whom, what, and for how long."""

    mobile = fields.String(
        validate=validate.Length(min=1, max=LONGEST_WRITTEN),
        metadata={"description": "The person's own number, as typed; or reference.", "example": "98290 00000"},
    )
    reference = Code(
        r"vlt_[0-9a-f]{32}", longest=36, metadata={"description": "Of a mobile number in the vault; or mobile."}
    )
    act = fields.Nested(ActRequestSchema, required=True)
    identifier = Code(
        IDENTIFIER.pattern, longest=64, load_default=None,
        metadata={
            "description": "What it is about: a biller's id or one bill_id, an application type, an application_id. "
            "Told to the person; it is done for that alone.",
            "example": "JVVNL",
        },
    )  # fmt: skip
    object = Text(
        Line(LONGEST_OBJECT),
        validate=_without_long_numbers,
        load_default=None,
        metadata={"description": "More words for the person; nobody checks them.", "example": "November"},
    )
    amount = fields.Nested(
        AmountSchema, load_default=None,
        metadata={"description": "At most this in all, service charge included. Told to the person and enforced."},
    )  # fmt: skip
    minutes = StrictInteger(
        load_default=DEFAULT_MINUTES,
        validate=validate.Range(min=MIN_MINUTES, max=MAX_MINUTES),
        metadata={"description": "How long it may be done, from the consent on.", "example": DEFAULT_MINUTES},
    )

    @validates_schema
    def _one_number(self, data: dict[str, Any], **_: Any) -> None:
        if ("mobile" in data) == ("reference" in data):
            raise ValidationError(
                Coded("one-of-two", "Give mobile or reference, one of the two.", "mobile या reference में से एक दें।")
            )


class ActSchema(Schema):
    """What may be done."""

    code = fields.String(required=True, allow_none=True)
    text = fields.String(required=True)
    text_hi = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)


class AgreementSchema(Schema):
    """The receipt."""

    text_id = fields.String(required=True, metadata={"description": "The version of the words that were agreed to."})
    at = Instant(required=True)


class AssistanceSchema(Schema):
    """An assistance, for who asked for it. Whose number it is is nowhere."""

    assistance_id = fields.String(required=True, metadata={"example": "ast_01a2076b44007ff7a6151691ea9526ea"})
    state = fields.String(
        required=True,
        metadata={"x-extensible-enum": [*map(str, State), "ENDED"], "description": "ENDED when its time is over."},
    )
    mobile_shown = fields.String(required=True, metadata={"example": "XXXXXX3210"})
    act = fields.Nested(ActSchema, required=True)
    authorization_details = fields.List(
        fields.Nested(AuthorizationDetailSchema), required=True, metadata={"description": "As its token carries them."}
    )
    object = fields.String(required=True, allow_none=True)
    amount = fields.Nested(AmountSchema, required=True, allow_none=True)
    minutes = fields.Integer(required=True)
    code_expires_at = Instant(required=True, allow_none=True, metadata={"description": "Until when the code counts."})
    consent = fields.Nested(AgreementSchema, required=True, allow_none=True)
    ends_at = Instant(required=True, allow_none=True, metadata={"description": "Null until it was agreed to."})


class AgreementRequestSchema(DiscreetSchema):
    """What the person read out."""

    code = fields.String(
        required=True, validate=validate.Length(min=1, max=32), metadata={"description": "Six digits."}
    )


class NotMeFormSchema(Schema):
    """The form of the page."""

    code = Code(TOKEN_PATTERN, longest=43, required=True, metadata={"description": "From the notice."})
    what = fields.String(required=True, validate=validate.OneOf([DISPUTE, WITHDRAW]))
    reason = fields.String(load_default=Reason.OTHER.value, validate=validate.OneOf([str(choice) for choice in Reason]))


class ActorSchema(Schema):
    """Who had acted."""

    client_id = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    person_id = fields.String(required=True, allow_none=True)


class AnswerSchema(Schema):
    """What the person was told."""

    text = fields.String(required=True)
    text_hi = fields.String(required=True)
    by = fields.Nested(ActorSchema, required=True)
    at = Instant(required=True)


class CaseSchema(Schema):
    """A person said that they did not let it be done."""

    case_id = fields.String(required=True, metadata={"example": "cas_01a2076b44007ff7a6151691ea9526ea"})
    state = fields.String(required=True, metadata={"x-extensible-enum": [str(choice) for choice in CaseState]})
    reason = fields.String(required=True, metadata={"x-extensible-enum": [str(choice) for choice in Reason]})
    assistance_id = fields.String(required=True)
    actor = fields.Nested(ActorSchema, required=True)
    opened_at = Instant(required=True)
    answer = fields.Nested(AnswerSchema, required=True, allow_none=True)


class CasesQuerySchema(Schema):
    """Which cases."""

    state = fields.String(load_default=None, validate=validate.OneOf([str(choice) for choice in CaseState]))
    cursor = CursorText(load_default=None)
    limit = fields.Integer(load_default=PER_PAGE, validate=validate.Range(min=1, max=MOST_PER_PAGE))


class CasesPageSchema(Schema):
    """Cases, the oldest first."""

    items = fields.List(fields.Nested(CaseSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class CaseAnswerRequestSchema(DiscreetSchema):
    """What support found, for the person."""

    text = Text(Remarks(LONGEST_ANSWER), required=True, metadata={"description": "In English."})
    text_hi = Text(Remarks(LONGEST_ANSWER), required=True, metadata={"description": "In Hindi."})

    @validates("text")
    def _text(self, value: str, **_: Any) -> None:
        _without_long_numbers(value)

    @validates("text_hi")
    def _text_hi(self, value: str, **_: Any) -> None:
        _without_long_numbers(value)
