"""The documents of applications for centres. The example works against the sandbox as it stands."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from kiosk_registry.domain.openings.opening import Act, Office, State
from kiosk_registry.domain.places.pin_areas import PIN_FORM
from kiosk_registry.domain.register.centres import Kind
from kiosk_registry.entrypoints.http.fields import Count, StrictNumber, StrictTruth, a_past_day, text, whole
from kiosk_registry.entrypoints.http.live.schemas import MACHINE_FORM
from servicekit.fields import Code, Instant, Text
from servicekit.http import Coded, CursorText
from servicekit.text import Line, Name, Remarks, Script

LONGEST_NAME, LONGEST_ADDRESS, LONGEST_REMARKS = 100, 200, 1_000
PAGE_SIZE, LARGEST_PAGE = 50, 200
MOST_CODES = 30
STATES = [state.value for state in State]
ACTS = [act.value for act in Act if act is not Act.SUBMIT]

# What each act must say beside itself, and what it may say.
NEEDED = {
    Act.RECOMMEND: {"remarks"},
    Act.VERIFY: {"position", "documents_seen"},
    Act.BIND_DEVICE: {"device_id"},
    Act.SEND_BACK: {"reason", "remarks"},
    Act.REJECT: {"reason", "remarks"},
    Act.RESUBMIT: {"remarks"},
    Act.APPEAL: {"remarks"},
    Act.DISMISS_APPEAL: {"reason", "remarks"},
}
ALSO = {Act.RESUBMIT: {"form"}}

FORM_EXAMPLE = {
    "name_en": "e-Mitra Kendra Sandbox Marg",
    "name_hi": "ई-मित्र केंद्र सैंडबॉक्स मार्ग",
    "district_code": "102",
    "lsp_id": "lsp_sandbox_1",
    "date_of_birth": "1998-04-12",
    "education": "SENIOR_SECONDARY",
    "is_resident": True,
    "documents": ["identity", "pan", "bank_account", "education", "residence", "police_verification", "premises"],
    "equipment": ["computer", "printer", "fingerprint_scanner", "connection"],
    "premises": {
        "address": "12, Sandbox Marg, Jaipur",
        "pin": "302001",
        "position": {"lat": 26.9182, "lon": 75.8083},
        "kind": "URBAN",
        "photographs": [{"shows": "front", "sha256": "0" * 64}, {"shows": "inside", "sha256": "1" * 64}],
    },
}
MOVE_EXAMPLE = {"act": "recommend", "remarks": "Trained with us, and the premises are ready."}


def _codes(description: str) -> fields.List:
    code = Code(r"[a-z][a-z0-9_]{0,39}", longest=40)
    return fields.List(
        code, required=True, validate=validate.Length(max=MOST_CODES), metadata={"description": description}
    )


class GeoTagSchema(Schema):
    """A place: WGS 84 degrees."""

    lat = StrictNumber(required=True, validate=validate.Range(min=-90, max=90), metadata={"example": 26.9182})
    lon = StrictNumber(required=True, validate=validate.Range(min=-180, max=180), metadata={"example": 75.8083})


class PhotographSchema(Schema):
    """A picture that the provider keeps, named by its digest."""

    shows = fields.String(required=True, validate=validate.OneOf(["front", "inside"]))
    sha256 = Code(
        r"[0-9a-f]{64}", longest=64, required=True, metadata={"description": "SHA-256 of the picture, hexadecimal."}
    )


class SiteSchema(Schema):
    """Premises without their address."""

    pin = Code(PIN_FORM, longest=6, required=True, metadata={"example": "302001"})
    position = fields.Nested(GeoTagSchema, required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in Kind]))
    photographs = fields.List(
        fields.Nested(PhotographSchema),
        required=True,
        validate=validate.Length(equal=2),
        metadata={"description": "One from the front and one of the inside."},
    )

    @validates_schema(skip_on_field_errors=True)
    def both_are_there(self, data: dict[str, Any], **_: Any) -> None:
        """Two of the same show half of it."""
        if len({picture["shows"] for picture in data["photographs"]}) < len(data["photographs"]):
            told = Coded("twice", "Show the front once and the inside once.", "एक चित्र सामने का और एक अंदर का दें।")
            raise ValidationError(told, "photographs")


class PremisesSchema(SiteSchema):
    """Where the centre is to be."""

    address = Text(Line(LONGEST_ADDRESS), required=True)


class CentreFormSchema(Schema):
    """What somebody says who wants to open a centre."""

    name_en = Text(Name(LONGEST_NAME), required=True, metadata={"description": "Of the centre, for its board."})
    name_hi = Text(Name(LONGEST_NAME, Script.DEVANAGARI), required=True, metadata={"description": "The same in Hindi."})
    district_code = Code(
        r"[1-9][0-9]{0,2}", longest=3, required=True, metadata={"description": "LGD code: GET /v1/districts."}
    )
    lsp_id = Code(
        r"lsp_[A-Za-z0-9_]{1,60}",
        longest=64,
        required=True,
        metadata={"description": "GET /v1/lsps?district= lists them."},
    )
    date_of_birth = fields.Date(required=True)
    education = Code(r"[A-Z][A-Z_]{1,39}", longest=40, required=True, metadata={"description": "GET /v1/centre-rules."})
    is_resident = StrictTruth(required=True, metadata={"description": "Whether the applicant lives in Rajasthan."})
    documents = _codes("Which of the rules' documents the applicant has; the originals are seen in the field.")
    equipment = _codes("Which of the rules' devices the applicant has.")
    premises = fields.Nested(PremisesSchema, required=True)


class MoveSchema(Schema):
    """What is done with an application. Which members belong to which act: each says it."""

    act = fields.String(required=True, validate=validate.OneOf(ACTS))
    reason = Code(
        r"[a-z][a-z0-9-]{1,39}",
        longest=40,
        metadata={"description": "Of a refusal: a code of `reasons` of GET /v1/centre-rules, told in both languages."},
    )
    remarks = Text(
        Remarks(LONGEST_REMARKS),
        metadata={"description": "Why: of a recommendation, a refusal, a resubmission (the answer) and an appeal."},
    )
    position = fields.Nested(GeoTagSchema, metadata={"description": "verify: the geo-tag taken at the premises."})
    documents_seen = fields.List(
        Code(r"[a-z][a-z0-9_]{0,39}", longest=40),
        validate=validate.Length(max=MOST_CODES),
        metadata={"description": "verify: the documents whose originals were seen."},
    )
    form = fields.Nested(
        CentreFormSchema,
        metadata={"description": "resubmit: the form anew, if it changes; its LSP then judges it first again."},
    )
    device_id = Code(
        MACHINE_FORM,
        longest=64,
        metadata={
            "description": "bind_device: what the machine is known by; the same in every heartbeat of the centre."
        },
    )

    @validates_schema(skip_on_field_errors=True)
    def what_belongs_to_the_act(self, data: dict[str, Any], **_: Any) -> None:
        """Each act says what it needs, and nothing of another's."""
        act, said = Act(data["act"]), data.keys() - {"act"}
        needed = NEEDED.get(act, set())
        for name in sorted(needed - said):
            raise ValidationError(Coded("required", f"{act.value} needs it.", f"{act.value} के लिए आवश्यक है।"), name)
        for name in sorted(said - needed - ALSO.get(act, set()) - {"remarks"}):
            told = Coded("not-allowed", f"{act.value} has none; leave it out.", f"{act.value} के साथ इसे न दें।")
            raise ValidationError(told, name)


class AllowedActSchema(Schema):
    """Something that may be done now."""

    act = fields.String(required=True, metadata={"x-extensible-enum": ACTS})
    office = fields.String(required=True, metadata={"x-extensible-enum": [office.value for office in Office]})


class CentreRefusalReasonSchema(Schema):
    """Why somebody is refused."""

    code = text("Stable code.", "documents-not-in-order")
    en = text("For people, in English.", "A document is missing or not in order.")
    hi = text("The same in Hindi.", "कोई दस्तावेज़ नहीं है या सही नहीं है।")


class CentreHistoryLineSchema(Schema):
    """Who did what when and why."""

    act = fields.String(required=True, metadata={"x-extensible-enum": ["submit", *ACTS]})
    at = Instant(required=True)
    office = fields.String(required=True, metadata={"description": "Whose act it was."})
    person_id = fields.String(
        required=True, allow_none=True, metadata={"description": "For offices; the applicant is told the office alone."}
    )
    state_before = fields.String(required=True, allow_none=True)
    state_after = fields.String(required=True)
    reason = fields.Nested(CentreRefusalReasonSchema, required=True, allow_none=True)
    remarks = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The applicant is told those of refusals and their own."},
    )
    facts = fields.Dict(
        keys=fields.String(), values=fields.Raw(), required=True, metadata={"description": "What was seen or bound."}
    )


class CentreApplicationSummarySchema(Schema):
    """An application for a centre, in a list."""

    opening_id = text("Its id.", "cap_01a2117a73e07c0fa29ee9f787e4850a")
    transaction_token = text("To follow it by.", "EMH1TPZP6R1NYHP")
    district_code = text("LGD code.", "102")
    lsp_id = text("The provider chosen.", "lsp_sandbox_1")
    state = fields.String(required=True, metadata={"x-extensible-enum": STATES})
    submitted_at = Instant(required=True)
    updated_at = Instant(required=True)
    version = whole("Rises by one with every act.", 1)
    kiosk_id = fields.String(required=True, allow_none=True, metadata={"description": "The centre, once it is ACTIVE."})


class CentreApplicationSchema(CentreApplicationSummarySchema):
    """An application for a centre with all that happened to it."""

    form = fields.Nested(CentreFormSchema, required=True)
    allowed = fields.List(fields.Nested(AllowedActSchema), required=True)
    appeal_until = fields.Date(
        required=True, allow_none=True, metadata={"description": "Until when an appeal against a refusal is heard."}
    )
    history = fields.List(fields.Nested(CentreHistoryLineSchema), required=True)


class CentreApplicationsSchema(Schema):
    """A page of applications, in order of id."""

    items = fields.List(fields.Nested(CentreApplicationSummarySchema), required=True)
    next = fields.String(
        required=True, allow_none=True, metadata={"description": "?cursor of the next page; null at the end."}
    )


class CentreApplicationQuerySchema(Schema):
    """Which applications to list."""

    state = fields.String(validate=validate.OneOf(STATES), metadata={"example": State.FIELD_VERIFICATION.value})
    limit = Count(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=LARGEST_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before, with the same filters."})


class CentreRulesQuerySchema(Schema):
    """The rules of which day."""

    on = fields.Date(validate=a_past_day, metadata={"description": "A day in Rajasthan; today unless given."})


class CentreRulesSchema(Schema):
    """The rules by which centres are opened; null where no source told."""

    order = text("The order that set them.", "Order of 2022-09-08, rules from 2022-10-01")
    order_hi = text("The same in Hindi.", "2022-09-08 का आदेश, 2022-10-01 से नियम")
    begins = fields.Date(required=True)
    minimum_age_years = whole("Of the applicant.", 18)
    education = fields.List(fields.String(), required=True)
    documents = fields.List(fields.String(), required=True)
    equipment = fields.List(fields.String(), required=True)
    field_tag_within_m = whole("Metres between the geo-tag applied with and the one taken in the field.", 100)
    field_tag_own = fields.Boolean(
        required=True, metadata={"description": "Whether that is this platform's own choice, of no order."}
    )
    appeal_days = whole("Days after a refusal in which an appeal is heard.", 30)
    apart_m = fields.Integer(required=True, allow_none=True, metadata={"description": "Metres to the next centre."})
    deposit_paise = fields.Integer(required=True, allow_none=True, metadata={"description": "Security deposit."})
    reasons = fields.List(fields.Nested(CentreRefusalReasonSchema), required=True)


class LspSchema(Schema):
    """A local service provider."""

    lsp_id = text("Its id.", "lsp_sandbox_1")
    name_en = text("Name in English.", "Test Provider")
    name_hi = text("Name in Hindi.", "परीक्षण सेवा प्रदाता")
    districts = fields.List(fields.String(), required=True, metadata={"description": "LGD codes: its territory."})


class LspsSchema(Schema):
    """Providers, by id."""

    items = fields.List(fields.Nested(LspSchema), required=True)


class LspQuerySchema(Schema):
    """Which providers."""

    district = Code(
        r"[1-9][0-9]{0,2}", longest=3, metadata={"description": "That serve this district.", "example": "102"}
    )


class CentreTransactionEventSchema(Schema):
    """Something that happened to it."""

    type = fields.String(required=True)
    at = Instant(required=True)


class CentreTransactionSchema(Schema):
    """An application for a centre, in the form in which the gateway gets transactions of all services."""

    token = fields.String(required=True)
    kind = fields.String(required=True)
    reference_id = fields.String(required=True)
    status = fields.String(required=True)
    owner_client_id = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    district_code = fields.String(required=True)
    updated_at = Instant(required=True)
    events = fields.List(fields.Nested(CentreTransactionEventSchema), required=True)
