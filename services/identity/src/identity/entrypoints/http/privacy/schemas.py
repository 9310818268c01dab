"""What goes over HTTP where people decide of their data."""

from enum import StrEnum
from typing import Any

from marshmallow import Schema, fields, validate

from identity.domain.privacy.consents import Channel, Language
from identity.domain.privacy.erasures import Stage, State
from servicekit.fields import Code, Coded, Instant, StrictInteger
from servicekit.http.cursor import CursorText

SLUG = r"[a-z][a-z0-9-]{0,39}"
MOST_PER_PAGE = 100
PER_PAGE = 20
_CONSENT = "cns_01930a6c5e8b7d3f9a41c2e07b6d8f10"
_ERASURE = "era_01930a6c5e8b7d3f9a41c2e07b6d8f10"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def slug(**rest: Any) -> Code:
    """The id of a notice, purpose, reason or service."""
    error = Coded(
        "invalid-format",
        "Must be small letters, digits and hyphens, a letter first.",
        "इसमें छोटे अक्षर, अंक और योजक चिह्न हों, पहले अक्षर।",
    )
    return Code(SLUG, longest=40, error=error, **rest)


def one_of(kinds: type[StrEnum], **rest: Any) -> fields.String:
    """A text of a closed list."""
    error = Coded("not-allowed", "Must be one of: {choices}.", "इनमें से एक हो: {choices}।")
    return fields.String(required=True, validate=validate.OneOf([kind.value for kind in kinds], error=error), **rest)


class WordsSchema(Schema):
    """The same in English and in Hindi."""

    en = fields.String(required=True)
    hi = fields.String(required=True)


class NoticePurposeSchema(WordsSchema):
    """What data is taken for, and which."""

    id = fields.String(required=True, metadata={"example": "messages"})
    items = fields.List(fields.Nested(WordsSchema), required=True)


class NoticeSchema(Schema):
    """A version of a notice. `contact` is null while nobody is named; `sha256` is what a consent sends back."""

    id = fields.String(required=True, metadata={"example": "account"})
    version = fields.Integer(required=True)
    effective_from = fields.Date(required=True)
    sha256 = fields.String(required=True, metadata={"example": _SHA256})
    title = fields.Nested(WordsSchema, required=True)
    purposes = fields.List(fields.Nested(NoticePurposeSchema), required=True)
    withdraw = fields.Nested(WordsSchema, required=True)
    rights = fields.Nested(WordsSchema, required=True)
    complain = fields.Nested(WordsSchema, required=True)
    contact = fields.Nested(WordsSchema, required=True, allow_none=True)
    respond_within_days = fields.Integer(
        required=True, allow_none=True, metadata={"description": "For requests and complaints; null: not published."}
    )


class ConsentRequestSchema(Schema):
    """What somebody agreed to, and the text that was shown."""

    notice_id = slug(required=True, metadata={"example": "account"})
    notice_version = StrictInteger(required=True, validate=validate.Range(1, 9_999))
    notice_sha256 = Code(
        r"[0-9a-f]{64}",
        longest=64,
        required=True,
        error=Coded("invalid-format", "Must be the notice's sha256.", "यह सूचना का sha256 हो।"),
        metadata={"example": _SHA256, "description": "Of the notice that was shown: it proves which text it was."},
    )
    purposes = fields.List(
        slug(),
        required=True,
        validate=validate.Length(1, 20, error=Coded("invalid-length", "Name 1 to 20 purposes.", "1 से 20 उद्देश्य लिखें।")),
        metadata={"example": ["messages"], "description": "Those agreed to, each by an act of its own."},
    )
    language = one_of(Language, metadata={"example": "hi", "description": "In which it was read."})


class ConsentSchema(Schema):
    """A receipt. It is in force while `ended_at` is null."""

    consent_id = fields.String(required=True, metadata={"example": _CONSENT})
    notice_id = fields.String(required=True)
    notice_version = fields.Integer(required=True)
    notice_sha256 = fields.String(required=True)
    purposes = fields.List(fields.String(), required=True)
    language = one_of(Language)
    channel = one_of(Channel)
    client_id = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True, metadata={"description": "The centre that assisted."})
    given_at = Instant(required=True)
    ended_at = Instant(required=True, allow_none=True)
    replaced_by = fields.String(required=True, allow_none=True)


class ConsentsSchema(Schema):
    """All receipts of the person, the newest first."""

    items = fields.List(fields.Nested(ConsentSchema), required=True)


class PageQuerySchema(Schema):
    """Which page of the list."""

    limit = fields.Integer(load_default=PER_PAGE, validate=validate.Range(min=1, max=MOST_PER_PAGE))
    cursor = CursorText(load_default=None)


class OwnReadingSchema(Schema):
    """Somebody read a number of yours: who, in plain words, when and what for."""

    reading_id = fields.String(required=True)
    kind = fields.String(required=True, metadata={"example": "aadhaar"})
    masked = fields.String(required=True, metadata={"example": "XXXX XXXX 0000"})
    purpose = fields.String(required=True, metadata={"example": "benefit-transfer"})
    purpose_title = fields.Nested(WordsSchema, required=True)
    reader = fields.Nested(WordsSchema, required=True)
    at = Instant(required=True)


class OwnReadingsPageSchema(Schema):
    """A page of the list, the newest first."""

    items = fields.List(fields.Nested(OwnReadingSchema), required=True)
    next = fields.String(required=True, allow_none=True, metadata={"description": "Cursor of the next page."})


class HoldShownSchema(Schema):
    """What holds an erasure back, and the law it rests on. `until` null: not known yet."""

    service = fields.String(required=True, metadata={"example": "certificates"})
    reason = fields.String(required=True, metadata={"example": "application-pending"})
    title = fields.Nested(WordsSchema, required=True)
    order = fields.String(required=True)
    subject = fields.String(required=True)
    since = Instant(required=True)
    until = Instant(required=True, allow_none=True)


class KeptShownSchema(Schema):
    """Why something stays after an erasure, and the law it rests on."""

    service = fields.String(required=True, metadata={"example": "billing"})
    reason = fields.String(required=True, metadata={"example": "books-of-account"})
    title = fields.Nested(WordsSchema, required=True)
    order = fields.String(required=True)


class ErasureSchema(Schema):
    """A request for erasure. `stage`, while it is requested, says what it waits for; `runs_at` null: not known yet."""

    erasure_id = fields.String(required=True, metadata={"example": _ERASURE})
    state = one_of(State)
    stage = fields.String(
        required=True, allow_none=True, validate=validate.OneOf([None, *(stage.value for stage in Stage)])
    )
    requested_at = Instant(required=True)
    may_be_withdrawn_until = Instant(required=True, allow_none=True)
    runs_at = Instant(required=True, allow_none=True)
    holds = fields.List(fields.Nested(HoldShownSchema), required=True)
    keeps = fields.List(
        fields.Nested(KeptShownSchema),
        required=True,
        metadata={"description": "What stays after it, and holds nothing back."},
    )
    unanswered = fields.List(
        fields.String(), required=True, metadata={"description": "Services that have not said yet what they hold."}
    )
    closed_at = Instant(required=True, allow_none=True)


class ErasuresSchema(Schema):
    """All requests of the person, the newest first."""

    items = fields.List(fields.Nested(ErasureSchema), required=True)


class HoldSchema(Schema):
    """What a service has against an erasure."""

    reason = slug(required=True, metadata={"example": "application-pending"})
    subject = Code(
        r"[a-z][a-z0-9]{1,11}_[0-9A-Za-z_-]{1,64}",
        longest=76,
        required=True,
        error=Coded("invalid-format", "Must be an id, such as app_01930a6c.", "यह पहचान हो, जैसे app_01930a6c।"),
        metadata={"example": "app_01a2117a73e07c0fa29ee9f787e4850a"},
    )
    since = fields.AwareDateTime(required=True)
    until = fields.AwareDateTime(load_default=None, allow_none=True)


class AnswerRequestSchema(Schema):
    """All that a service has against an erasure; an empty list: nothing."""

    service = slug(required=True, metadata={"example": "certificates"})
    holds = fields.List(
        fields.Nested(HoldSchema),
        required=True,
        validate=validate.Length(
            max=100, error=Coded("invalid-length", "Must have at most {max} holds.", "अधिकतम {max} कारण हों।")
        ),
    )
    keeps = fields.List(
        slug(metadata={"example": "statutory-retention"}),
        load_default=[],
        validate=validate.Length(
            max=20, error=Coded("invalid-length", "Must have at most {max} reasons.", "अधिकतम {max} कारण हों।")
        ),
        metadata={"description": "Reasons for which something stays after it; they hold nothing back."},
    )


class OwnMobileSchema(Schema):
    """A number that signs the person in."""

    shown = fields.String(required=True, metadata={"example": "XXXXXX3210"})
    since = Instant(required=True)


class OwnNumberSchema(Schema):
    """A number in the vault, masked."""

    reference = fields.String(required=True)
    kind = fields.String(required=True)
    masked = fields.String(required=True)
    stored_at = Instant(required=True)
    readings = fields.Integer(required=True, metadata={"description": "How often it was ever read."})
    erased_at = Instant(required=True, allow_none=True)


class OwnSignInSchema(Schema):
    """A sign-in that is remembered."""

    app = fields.String(required=True)
    at = Instant(required=True)
    ends_at = Instant(required=True)
    ended = fields.Boolean(required=True)


class OwnProfileSchema(Schema):
    """Who the person is to the platform; the role is what the person may do."""

    person_id = fields.String(required=True)
    role = fields.String(required=True, metadata={"example": "citizen"})
    name = fields.String(required=True, allow_none=True)
    name_hi = fields.String(required=True, allow_none=True)
    since = Instant(required=True)


class BreachNoticeSchema(Schema):
    """What happened to data of yours (rule 7 of the Digital Personal Data Protection Rules, 2025)."""

    breach_id = fields.String(required=True)
    told_at = Instant(required=True)
    began_at = Instant(required=True)
    ended_at = Instant(required=True)
    what_happened = fields.Nested(WordsSchema, required=True)
    consequences = fields.Nested(WordsSchema, required=True)
    measures = fields.Nested(WordsSchema, required=True)
    safety = fields.Nested(WordsSchema, required=True, metadata={"description": "What you can do yourself."})
    contact = fields.Nested(WordsSchema, required=True)


class BreachNoticesSchema(Schema):
    """All that the person was told of breaches, the newest first."""

    items = fields.List(fields.Nested(BreachNoticeSchema), required=True)


class ExportPartSchema(Schema):
    """Where another service's part is, under the same token."""

    service = fields.String(required=True, metadata={"example": "billing"})
    href = fields.String(required=True, metadata={"example": "/v1/privacy/export/billing"})


class ExportSchema(Schema):
    """All that identity keeps of the person. Numbers are masked; `readings` has the latest 100, the list has all."""

    exported_at = Instant(required=True)
    person = fields.Nested(OwnProfileSchema, required=True)
    mobile_numbers = fields.List(fields.Nested(OwnMobileSchema), required=True)
    numbers = fields.List(fields.Nested(OwnNumberSchema), required=True)
    sign_ins = fields.List(fields.Nested(OwnSignInSchema), required=True)
    consents = fields.List(fields.Nested(ConsentSchema), required=True)
    readings = fields.List(fields.Nested(OwnReadingSchema), required=True)
    erasures = fields.List(fields.Nested(ErasureSchema), required=True)
    breach_notices = fields.List(fields.Nested(BreachNoticeSchema), required=True)
    parts = fields.List(fields.Nested(ExportPartSchema), required=True)
