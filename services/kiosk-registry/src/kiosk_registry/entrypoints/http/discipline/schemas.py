"""The documents of cases against centres."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from kiosk_registry.domain.discipline.case import Act, Outcome, Source, State, SuspensionKind
from kiosk_registry.domain.running.centre import Office
from kiosk_registry.entrypoints.http.fields import Count, StrictNumber, a_past_day, text, whole
from kiosk_registry.entrypoints.http.openings.schemas import LONGEST_REMARKS, GeoTagSchema
from servicekit.fields import Code, Instant, Text
from servicekit.http import Coded, CursorText
from servicekit.text import Line, Remarks

PAGE_SIZE, LARGEST_PAGE = 50, 200
MOST_PHOTOGRAPHS, LONGEST_ORDER = 10, 160
NOT_BY_PEOPLE = {Act.OPEN, Act.BECOME_FINAL, Act.END_SUSPENSION}
ACTS = [act.value for act in Act if act not in NOT_BY_PEOPLE]
ALL_ACTS = [act.value for act in Act]
STATES = [state.value for state in State]
OUTCOMES = [outcome.value for outcome in Outcome]
CODE = r"[a-z][a-z0-9-]{1,63}"
KIOSK_FORM = r"ksk_RJ[0-9]{8}"

# What each act must say beside itself, and what it may say.
NEEDED = {
    **{Act(act): {"remarks"} for act in ACTS},
    Act.ADD_EVIDENCE: {"evidence"},
    Act.ACCEPT: set(),
    Act.DECIDE: {"outcome", "remarks"},
}
ALSO = {
    Act.REPLY: {"evidence"},
    Act.DECIDE: {"slab", "suspension_days", "order"},
    Act.ADD_EVIDENCE: {"remarks"},
    Act.ACCEPT: {"remarks"},
}
# What an outcome must say, and what no other may.
OF_OUTCOME = {Outcome.PUNISHED: "slab", Outcome.CLOSED: "order"}
EVIDENCE_EXAMPLE = {
    "text": "At the counter no rate list is to be seen.",
    "photographs": ["0" * 64],
    "position": {"lat": 26.9182, "lon": 75.8083},
}
OPEN_EXAMPLE = {
    "kiosk_id": "ksk_RJ10200001",
    "offence": "rate-list-not-displayed",
    "observed_on": "2026-11-20",
    "evidence": EVIDENCE_EXAMPLE,
}
MOVE_EXAMPLE = {"act": "give_notice", "remarks": "Say why no rate list was displayed on that day."}


def _whole(days: float) -> None:
    if days != int(days):
        raise ValidationError(Coded("not-whole", "Must be a whole number.", "पूर्ण संख्या दें।"))


class CentreEvidenceSchema(Schema):
    """What was seen."""

    text = Text(Remarks(LONGEST_REMARKS), required=True)
    photographs = fields.List(
        Code(r"[0-9a-f]{64}", longest=64),
        load_default=list,
        validate=validate.Length(max=MOST_PHOTOGRAPHS),
        metadata={"description": "SHA-256 of pictures that whoever took them keeps, hexadecimal."},
    )
    position = fields.Nested(GeoTagSchema, metadata={"description": "The geo-tag taken there."})


class CentreCaseOpenSchema(Schema):
    """A case against a centre is opened."""

    kiosk_id = Code(KIOSK_FORM, longest=14, required=True)
    offence = Code(CODE, longest=64, required=True, metadata={"description": "A code of GET /v1/penalty-slabs."})
    observed_on = fields.Date(
        required=True, validate=a_past_day, metadata={"description": "The day of the offence; its rules hold."}
    )
    evidence = fields.Nested(CentreEvidenceSchema, required=True)


class CentreCaseMoveSchema(Schema):
    """What is done with a case. Which members belong to which act: each says it."""

    act = fields.String(required=True, validate=validate.OneOf(ACTS))
    remarks = Text(Remarks(LONGEST_REMARKS), metadata={"description": "Why; of reply and appeal what is answered."})
    evidence = fields.Nested(CentreEvidenceSchema, metadata={"description": "add_evidence, reply."})
    outcome = fields.String(validate=validate.OneOf(OUTCOMES), metadata={"description": "decide."})
    slab = Code(CODE, longest=64, metadata={"description": "decide punished: one of the case's slabs."})
    suspension_days = StrictNumber(
        validate=[validate.Range(min=1, max=10_000), _whole],
        metadata={"description": "decide punished, where the slab suspends and its order tells no length."},
    )
    order = Text(Line(LONGEST_ORDER), metadata={"description": "decide closed: the order by which it is closed."})

    @validates_schema(skip_on_field_errors=True)
    def what_belongs_to_the_act(self, data: dict[str, Any], **_: Any) -> None:
        """Each act, and each outcome, has its own members and no others."""
        act, said = Act(data["act"]), data.keys() - {"act"}
        needed = NEEDED[act]
        for name in sorted(needed - said):
            raise ValidationError(Coded("required", f"{act.value} needs it.", f"{act.value} के लिए आवश्यक है।"), name)
        for name in sorted(said - needed - ALSO.get(act, set())):
            raise ValidationError(_not_allowed(act.value), name)
        outcome = data.get("outcome")
        for owner, name in OF_OUTCOME.items():
            if outcome == owner and name not in said:
                told = Coded("required", f"{owner.value} needs it.", f"{owner.value} के लिए आवश्यक है।")
                raise ValidationError(told, name)
            if outcome is not None and outcome != owner and name in said:
                raise ValidationError(_not_allowed(outcome), name)


def _not_allowed(word: str) -> Coded:
    return Coded("not-allowed", f"{word} has none; leave it out.", f"{word} के साथ इसे न दें।")


class CentreOffenceSchema(Schema):
    """What a centre may be accused of."""

    code = text("The offence.", "overcharging")
    en = text("In English.", "More was taken than the receipt says.")
    hi = text("In Hindi.", "रसीद से अधिक राशि ली गई।")


class PenaltySlabSchema(Schema):
    """What an order sets for an offence; what no source told is null."""

    id = text("By which a decision names it.", "rate-list-2021")
    offence = text("For which offence.", "rate-list-not-displayed")
    order = text("Which order.", "Rate list order of 2021")
    order_hi = text("The same in Hindi.", "दर सूची आदेश, 2021")
    begins = fields.Date(required=True, allow_none=True, metadata={"description": "Null: the day is not known."})
    ends = fields.Date(required=True, allow_none=True)
    districts = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "LGD codes; null: all, or not known."},
    )
    first_time = whole("For which time.", 1)
    last_time = fields.Integer(required=True, allow_none=True, metadata={"description": "Null: and ever after."})
    penalty_paise = fields.Integer(required=True, allow_none=True)
    figure_unset = fields.Boolean(
        required=True, metadata={"description": "The order punishes, with what is not known: no decision can name it."}
    )
    suspends = fields.Boolean(required=True)
    suspension_days = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null where it suspends: the decision says it."}
    )
    lsp_share_percent = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null: not known; the centre bears all of it."}
    )


class CentreCaseRulesSchema(Schema):
    """How many days each step has."""

    reply_days = whole("For the reply to a notice.", 7)
    appeal_days = whole("For an appeal against a decision.", 30)
    confirm_days = whole("In which a suspension at once is confirmed, or ends.", 3)
    interim_days = whole("After which a confirmed one ends, if nothing was decided.", 30)
    longest_suspension_days = whole("The longest that a decision may say.", 730)
    own = fields.Boolean(required=True, metadata={"description": "The days are this platform's own choice."})


class PenaltySlabsSchema(Schema):
    """Offences, slabs and days."""

    rules = fields.Nested(CentreCaseRulesSchema, required=True)
    offences = fields.List(fields.Nested(CentreOffenceSchema), required=True)
    slabs = fields.List(fields.Nested(PenaltySlabSchema), required=True)


class ShownEvidenceSchema(Schema):
    """What speaks for the case, or was sent with the reply."""

    at = Instant(required=True)
    office = fields.String(required=True, metadata={"x-extensible-enum": [office.value for office in Office]})
    text = fields.String(required=True)
    photographs = fields.List(fields.String(), required=True)
    position = fields.Nested(GeoTagSchema, required=True, allow_none=True)
    facts = fields.Dict(
        keys=fields.String(), values=fields.Raw(), required=True, metadata={"description": "Of a receipt; paise."}
    )


class CentreDecisionSchema(Schema):
    """What was decided."""

    outcome = fields.String(required=True, metadata={"x-extensible-enum": OUTCOMES})
    at = Instant(required=True)
    office = fields.String(required=True)
    remarks = fields.String(required=True)
    times = whole("For which time the centre did it.", 1)
    slab = fields.String(required=True, allow_none=True)
    order = fields.String(required=True, allow_none=True)
    penalty_paise = fields.Integer(required=True, allow_none=True)
    lsp_paise = whole("The provider's part of it.", 0)
    suspension_days = fields.Integer(required=True, allow_none=True)


class CentreSuspensionSchema(Schema):
    """The suspension that this case made; it ends by itself."""

    kind = fields.String(required=True, metadata={"x-extensible-enum": [kind.value for kind in SuspensionKind]})
    since = Instant(required=True)
    until = Instant(required=True)


class AllowedCaseActSchema(Schema):
    """Something that may be done now."""

    act = fields.String(required=True, metadata={"x-extensible-enum": ALL_ACTS})
    offices = fields.List(
        fields.String(metadata={"x-extensible-enum": [office.value for office in Office]}), required=True
    )


class CentreCaseLineSchema(Schema):
    """Who did what when and why."""

    version = whole("The case's, after it.", 2)
    act = fields.String(required=True, metadata={"x-extensible-enum": ALL_ACTS})
    at = Instant(required=True)
    office = fields.String(required=True)
    person_id = fields.String(
        required=True, allow_none=True, metadata={"description": "For offices; those at the centre see the office."}
    )
    state_before = fields.String(required=True, allow_none=True)
    state_after = fields.String(required=True)
    remarks = fields.String(required=True, allow_none=True)
    facts = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)


class CentreCaseSummarySchema(Schema):
    """A case in a list."""

    case_id = text("The case.", "ccs_01a2117a73e07c0fa29ee9f787e4850a")
    kiosk_id = text("The centre.", "ksk_RJ10200001")
    district_code = text("LGD code of its district.", "102")
    lsp_id = text("Its provider.", "lsp_sandbox_1")
    offence = fields.Nested(CentreOffenceSchema, required=True)
    source = fields.String(required=True, metadata={"x-extensible-enum": [source.value for source in Source]})
    observed_on = fields.Date(required=True)
    state = fields.String(required=True, metadata={"x-extensible-enum": STATES})
    says_en = text("What it waits for.", "The centre may reply until the day that is named.")
    says_hi = text("The same in Hindi.", "केंद्र बताई गई तिथि तक उत्तर दे सकता है।")
    opened_at = Instant(required=True)
    updated_at = Instant(required=True)
    reply_until = Instant(required=True, allow_none=True)
    appeal_until = Instant(required=True, allow_none=True)
    version = whole("Rises by one with every move.", 1)


class CentreCaseSchema(CentreCaseSummarySchema):
    """A case with all that happened to it."""

    source_id = fields.String(required=True, allow_none=True)
    evidence = fields.List(fields.Nested(ShownEvidenceSchema), required=True)
    decision = fields.Nested(CentreDecisionSchema, required=True, allow_none=True)
    overturned = fields.Boolean(required=True, metadata={"description": "An appeal was upheld: it counts for nothing."})
    penalty_id = fields.String(required=True, allow_none=True, metadata={"description": "Set when it was imposed."})
    suspension = fields.Nested(CentreSuspensionSchema, required=True, allow_none=True)
    slabs = fields.List(
        fields.Nested(PenaltySlabSchema), required=True, metadata={"description": "Those that a decision may name now."}
    )
    allowed = fields.List(fields.Nested(AllowedCaseActSchema), required=True)
    history = fields.List(fields.Nested(CentreCaseLineSchema), required=True)


class CentreCasesSchema(Schema):
    """A page of cases."""

    items = fields.List(fields.Nested(CentreCaseSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)


class CentreCasesQuerySchema(Schema):
    """Which cases."""

    kiosk = Code(KIOSK_FORM, longest=14)
    state = fields.String(validate=validate.OneOf(STATES))
    cursor = CursorText()
    limit = Count(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=LARGEST_PAGE))
