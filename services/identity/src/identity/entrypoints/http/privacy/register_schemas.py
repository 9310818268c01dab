"""What goes over HTTP to and from the register of breaches."""

from marshmallow import Schema, ValidationError, fields, validates_schema

from identity.domain.privacy.breaches import Affected, Intimation, Nature
from identity.domain.vault.identifiers import Kind
from identity.entrypoints.http.privacy.schemas import WordsSchema, one_of
from servicekit.fields import Code, Coded, Instant, Text
from servicekit.text import Remarks

_BREACH = "brc_01930a6c5e8b7d3f9a41c2e07b6d8f10"
LONGEST_TEXT = 2_000


class BreachWordsSchema(Schema):
    """A text for everybody affected, in both languages; it holds no number of a person."""

    en = Text(Remarks(LONGEST_TEXT), required=True)
    hi = Text(Remarks(LONGEST_TEXT), required=True)


class SelectionSchema(Schema):
    """Whom it concerns: `value` is the kind of number (owners-of-numbers) or the client (read-by-client)."""

    affected = one_of(Affected, metadata={"example": "read-by-client"})
    value = Code(
        r"[a-z][0-9A-Za-z_-]{0,63}|",
        longest=64,
        load_default="",
        error=Coded(
            "invalid-format", "Must be a kind of number or a client id.", "यह संख्या का प्रकार या क्लाइंट की पहचान हो।"
        ),
        metadata={"example": "cli_benefits"},
    )

    @validates_schema(skip_on_field_errors=True)
    def _fits(self, data: dict[str, str], **_: object) -> None:
        affected, value = Affected(data["affected"]), data["value"]
        fits = {
            Affected.EVERYBODY: value == "",
            Affected.OWNERS_OF_NUMBERS: value in [kind.value for kind in Kind],
            Affected.READ_BY_CLIENT: value.startswith("cli_"),
        }
        if not fits[affected]:
            told = Coded(
                "does-not-fit",
                "Must be empty for everybody, a kind such as aadhaar for owners-of-numbers, a cli_ id for "
                "read-by-client.",
                "everybody के लिए ख़ाली, owners-of-numbers के लिए aadhaar जैसा प्रकार, read-by-client के लिए cli_ पहचान हो।",
            )
            raise ValidationError(told, "value")


class BreachRequestSchema(Schema):
    """A breach, as the data protection officer enters it (DPDP Rules, 2025, rule 7)."""

    nature = one_of(Nature, metadata={"example": "disclosure"})
    selection = fields.Nested(SelectionSchema, required=True)
    began_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True)
    aware_at = fields.AwareDateTime(required=True, metadata={"description": "From here the 72 hours count."})
    what_happened = fields.Nested(BreachWordsSchema, required=True)
    consequences = fields.Nested(BreachWordsSchema, required=True)
    measures = fields.Nested(BreachWordsSchema, required=True)
    safety = fields.Nested(BreachWordsSchema, required=True)
    contact = fields.Nested(BreachWordsSchema, required=True, metadata={"description": "An office, not a person."})


class SelectionShownSchema(Schema):
    """Whom it concerns."""

    affected = one_of(Affected)
    value = fields.String(required=True)


class BreachSchema(Schema):
    """An entry of the register, with what is due and what was done."""

    breach_id = fields.String(required=True, metadata={"example": _BREACH})
    nature = one_of(Nature)
    selection = fields.Nested(SelectionShownSchema, required=True)
    began_at = Instant(required=True)
    ended_at = Instant(required=True)
    aware_at = Instant(required=True)
    what_happened = fields.Nested(WordsSchema, required=True)
    consequences = fields.Nested(WordsSchema, required=True)
    measures = fields.Nested(WordsSchema, required=True)
    safety = fields.Nested(WordsSchema, required=True)
    contact = fields.Nested(WordsSchema, required=True)
    recorded_by = fields.String(required=True, metadata={"description": "The person's id."})
    recorded_at = Instant(required=True)
    first_told_at = Instant(required=True, allow_none=True, metadata={"description": "When the Board was told first."})
    detailed_due_at = Instant(required=True, metadata={"description": "By when the Board must have the details."})
    detailed_told_at = Instant(required=True, allow_none=True)
    overdue = fields.Boolean(required=True)
    persons_told_at = Instant(
        required=True, allow_none=True, metadata={"description": "When everybody affected had a notice."}
    )
    persons = fields.Integer(required=True, metadata={"description": "How many were told."})


class BreachesSchema(Schema):
    """The register, the newest first."""

    items = fields.List(fields.Nested(BreachSchema), required=True)


class IntimationRequestSchema(Schema):
    """What the Board was told and when; of an extension: until when it allowed."""

    what = one_of(Intimation, metadata={"example": "detailed"})
    at = fields.AwareDateTime(required=True)
