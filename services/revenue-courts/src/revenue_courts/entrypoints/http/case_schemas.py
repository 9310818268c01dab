"""The documents of filings and cases. The example works against the sandbox as it stands."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from revenue_courts.domain.case import Act, Office, State
from revenue_courts.domain.evidence import EvidenceKind
from revenue_courts.domain.filing import PartyKind, Side
from revenue_courts.entrypoints.http.advocate_schemas import VakalatnamaSchema
from revenue_courts.entrypoints.http.court_schemas import (
    COURT_CODE_FORM,
    LARGEST_PAGE,
    NUMBER_FORM,
    PAGE_SIZE,
    STATES,
    CourtCodedSchema,
    CourtFeeSchema,
    CourtLabelSchema,
)
from servicekit.fields import Code, Coded, StrictInteger, Text
from servicekit.http import CursorText
from servicekit.text import Line, Name, Remarks

LONGEST_NAME, LONGEST_ADDRESS, LONGEST_LINE, LONGEST_FACTS, LONGEST_TEXT = 100, 300, 200, 8_000, 8_000
# Many heirs hold one field; more than that is a mistake or an attack.
MOST_PARTIES, MOST_PARCELS, MOST_KHASRAS, MOST_PAPERS, MOST_RELIEFS, MOST_DEFECTS = 200, 50, 100, 50, 10, 20
MOST_SQUARE_METRES = 10**9
KHASRA_FORM = r"[0-9]{1,6}(?:/[0-9A-Za-z]{1,6}){0,4}"
_CODE = r"[a-z][a-z0-9-]{1,39}"

FILING_EXAMPLE: dict[str, Any] = {
    "court_code": "test-tehsildar-jaipur",
    "kind_code": "tenancy-division",
    "district_code": "102",
    "parties": [
        {
            "side": "petitioner",
            "kind": "person",
            "name": "Test Citizen One",
            "parent_or_spouse": "Test Father One",
            "address": "12, Sandbox Marg, Jaipur",
        },
        {
            "side": "petitioner",
            "kind": "person",
            "name": "Test Child One",
            "parent_or_spouse": "Test Citizen One",
            "address": "12, Sandbox Marg, Jaipur",
            "minor": True,
            "guardian": {"name": "Test Citizen One", "relation": "father"},
        },
        {"side": "respondent", "kind": "state", "through": "Tehsildar Jaipur"},
    ],
    "land": [{"tehsil": "Jaipur", "village": "Sandbox Gaon", "khasras": ["112", "113/2"], "area_sqm": 5200}],
    "reliefs": ["division"],
    "facts": "The holding is joint and was never divided.",
    "papers": [{"kind": "affidavit", "title": "Affidavit of the petitioner", "sha256": "0" * 64}],
    "affirmed": True,
}
EVIDENCE_EXAMPLE = {"side": "petitioner", "kind": "witness", "name": "Test Witness One", "sha256": "0" * 64}
TRANSFER_EXAMPLE = {"court_code": "test-sdo-jaipur", "text": "By order of the Collector: the officer is a relative."}
RESTORATION_EXAMPLE = {
    "text": "The advocate was ill on that day.",
    "next": {"on": "2027-11-15", "purpose": "appearance"},
}
SCRUTINY_EXAMPLE = {"decision": "register"}
HEARING_EXAMPLE = {"on": "2027-11-15", "purpose": "appearance"}
PROCEEDING_EXAMPLE = {
    "outcome": "adjourned",
    "reason": "party-absent",
    "text": "The respondent was not served.",
    "next": {"on": "2027-12-13", "purpose": "appearance"},
}
ORDER_EXAMPLE = {"kind": "interim", "text": "The position on the land stays as it is until the next date."}


class _Truth(fields.Boolean):
    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class GuardianSchema(Schema):
    """Who acts for a minor."""

    name = Text(Name(LONGEST_NAME), required=True)
    relation = Text(Line(LONGEST_NAME), required=True, metadata={"description": "What they are to the minor."})


class PartySchema(Schema):
    """One of a side. A draft may lack what a submission needs."""

    side = fields.Enum(Side, by_value=fields.String, required=True)
    kind = fields.Enum(PartyKind, by_value=fields.String, required=True)
    name = Text(Name(LONGEST_NAME), allow_none=True, load_default=None)
    parent_or_spouse = Text(
        Name(LONGEST_NAME),
        allow_none=True,
        load_default=None,
        metadata={"description": "Father, mother, husband or wife: a person's, needed to submit."},
    )
    address = Text(
        Line(LONGEST_ADDRESS), allow_none=True, load_default=None, metadata={"description": "Summons go there."}
    )
    minor = _Truth(load_default=False)
    guardian = fields.Nested(GuardianSchema, allow_none=True, load_default=None)
    through = Text(
        Line(LONGEST_LINE),
        allow_none=True,
        load_default=None,
        metadata={"description": "The officer through whom the State is a party."},
    )


def khasra_number(**how: Any) -> Code:
    """A number of the village's field map, with its divisions."""
    told = Coded("wrong-form", "Must be a khasra number such as 112 or 113/2.", "112 या 113/2 जैसी खसरा संख्या दें।")
    return Code(KHASRA_FORM, longest=40, error=told, **how)


class ParcelSchema(Schema):
    """Land in one village. No register of villages is loaded, so village and khasra are not held against one."""

    tehsil = Text(Line(LONGEST_LINE), required=True)
    village = Text(Line(LONGEST_LINE), required=True)
    khasras = fields.List(khasra_number(), required=True, validate=validate.Length(min=1, max=MOST_KHASRAS))
    area_sqm = StrictInteger(
        allow_none=True,
        load_default=None,
        validate=validate.Range(min=1, max=MOST_SQUARE_METRES),
        metadata={"description": "Square metres."},
    )


class CasePaperSchema(Schema):
    """A document by the hash of its content. Whoever files keeps it and brings it when the court asks."""

    kind = fields.String(
        required=True, validate=validate.OneOf(["affidavit", "order", "jamabandi", "map", "vakalatnama", "other"])
    )
    title = Text(Line(LONGEST_LINE), required=True)
    sha256 = Code(r"[0-9a-f]{64}", longest=64, required=True)


class FilingSchema(Schema):
    """What is filed. A draft needs the court, the kind and the district; GET …/case-kinds has the reliefs."""

    court_code = Code(COURT_CODE_FORM, longest=40, required=True)
    kind_code = Code(_CODE, longest=40, required=True)
    district_code = Code(
        r"[1-9][0-9]{0,2}", longest=3, required=True, metadata={"description": "LGD code: where the land lies."}
    )
    parties = fields.List(fields.Nested(PartySchema), load_default=list, validate=validate.Length(max=MOST_PARTIES))
    land = fields.List(fields.Nested(ParcelSchema), load_default=list, validate=validate.Length(max=MOST_PARCELS))
    reliefs = fields.List(Code(_CODE, longest=40), load_default=list, validate=validate.Length(max=MOST_RELIEFS))
    facts = Text(Remarks(LONGEST_FACTS), allow_none=True, load_default=None)
    papers = fields.List(fields.Nested(CasePaperSchema), load_default=list, validate=validate.Length(max=MOST_PAPERS))
    order_on = fields.Date(
        allow_none=True,
        load_default=None,
        metadata={"description": "The day of the order that an appeal, a revision or a review is against."},
    )
    against = Code(
        NUMBER_FORM,
        longest=100,
        allow_none=True,
        load_default=None,
        metadata={"description": "The number of the case in which the order was passed, where it is kept here."},
    )
    condonation = Text(
        Remarks(LONGEST_FACTS),
        allow_none=True,
        load_default=None,
        metadata={"description": "Why the delay should be condoned, where it comes after the limitation."},
    )
    affirmed = _Truth(load_default=False, metadata={"description": "An affidavit stands behind the facts."})


class CourtCaseQuerySchema(Schema):
    """Which cases."""

    state = fields.Enum(State, by_value=fields.String)
    court_code = Code(COURT_CODE_FORM, longest=40)
    cursor = CursorText()
    limit = fields.Integer(load_default=PAGE_SIZE, validate=validate.Range(min=1, max=LARGEST_PAGE))


class CourtDefectRequestSchema(Schema):
    """What scrutiny objects to."""

    code = Code(_CODE, longest=40, required=True, metadata={"description": "Of codes.defects of GET …/case-kinds."})
    remarks = Text(Remarks(LONGEST_LINE * 5), allow_none=True, load_default=None)


class ScrutinySchema(Schema):
    """`register`, or `defects` with what is wrong and the day by which it is to be cured."""

    decision = fields.String(required=True, validate=validate.OneOf(["register", "defects"]))
    defects = fields.List(
        fields.Nested(CourtDefectRequestSchema), load_default=list, validate=validate.Length(max=MOST_DEFECTS)
    )
    cure_by = fields.Date(load_default=None)

    @validates_schema(skip_on_field_errors=True)
    def defects_have_a_day(self, data: dict[str, Any], **_: Any) -> None:
        """Who is told of a defect is told until when."""
        objects = data["decision"] == "defects"
        for name in ("defects", "cure_by"):
            if bool(data[name]) != objects:
                told = (
                    Coded("required", "Say what is wrong and until when it is to be cured.", "कमी और अंतिम तिथि बताएँ।")
                    if objects
                    else Coded("not-allowed", "A registration has no defects; leave it out.", "पंजीयन में यह न दें।")
                )  # fmt: skip
                raise ValidationError(told, name)


class NextHearingSchema(Schema):
    """A day before the court."""

    on = fields.Date(required=True)
    purpose = Code(_CODE, longest=40, required=True, metadata={"description": "Of codes.purposes of GET …/case-kinds."})


class ProceedingSchema(Schema):
    """What happened at the hearing: it was heard, or adjourned for a reason; and when it goes on."""

    outcome = fields.String(required=True, validate=validate.OneOf(["heard", "adjourned"]))
    reason = Code(
        _CODE,
        longest=40,
        load_default=None,
        metadata={"description": "Of codes.adjournments; of an adjournment alone."},
    )
    text = Text(Remarks(LONGEST_TEXT), required=True, metadata={"description": "The day's proceedings."})
    next = fields.Nested(NextHearingSchema, required=True)

    @validates_schema(skip_on_field_errors=True)
    def an_adjournment_has_a_reason(self, data: dict[str, Any], **_: Any) -> None:
        """And what was heard has none."""
        if (data["outcome"] == "adjourned") != (data["reason"] is not None):
            told = Coded(
                "reason", "An adjournment needs a reason, and nothing else has one.", "स्थगन का कारण दें; अन्यथा नहीं।"
            )
            raise ValidationError(told, "reason")


class CaseEvidenceRequestSchema(Schema):
    """A witness whose statement was taken, or a document that was admitted."""

    side = fields.Enum(Side, by_value=fields.String, required=True)
    kind = fields.Enum(EvidenceKind, by_value=fields.String, required=True)
    name = Text(Line(LONGEST_LINE), required=True, metadata={"description": "The witness's, or the document's."})
    sha256 = Code(r"[0-9a-f]{64}", longest=64, required=True, metadata={"description": "Of the statement or document."})


class TransferRequestSchema(Schema):
    """Where the case goes, by whose order."""

    court_code = Code(COURT_CODE_FORM, longest=40, required=True)
    text = Text(Remarks(LONGEST_TEXT), required=True, metadata={"description": "The order and its reasons."})


class RestorationRequestSchema(Schema):
    """Why the case that was dismissed because nobody appeared goes on, and when."""

    text = Text(Remarks(LONGEST_TEXT), required=True)
    next = fields.Nested(NextHearingSchema, required=True)


class CourtOrderSchema(Schema):
    """`interim`; `reserve` keeps the judgment for later; `final` disposes of the case; `decree` follows it in a suit;
    `in-camera` hides it from
    everybody but the parties and the court, `in-public` ends that.
    """

    kind = fields.String(
        required=True, validate=validate.OneOf(["interim", "reserve", "final", "decree", "in-camera", "in-public"])
    )
    text = Text(Remarks(LONGEST_TEXT), required=True)
    disposal = Code(
        _CODE, longest=40, load_default=None, metadata={"description": "Of codes.disposals; of a final order alone."}
    )

    @validates_schema(skip_on_field_errors=True)
    def a_final_order_disposes(self, data: dict[str, Any], **_: Any) -> None:
        """And no other does."""
        if (data["kind"] == "final") != (data["disposal"] is not None):
            told = Coded(
                "disposal",
                "A final order says how it disposes, and no other.",
                "अंतिम आदेश में निस्तारण का प्रकार दें; अन्य में नहीं।",
            )
            raise ValidationError(told, "disposal")


class CourtDefectSchema(CourtCodedSchema):
    """An objection of the scrutiny."""

    remarks = fields.String(required=True, allow_none=True)


class CourtHearingSchema(Schema):
    """The hearing that is set, or was last."""

    no = fields.Integer(required=True)
    on = fields.String(required=True, metadata={"format": "date"})
    purpose = fields.Nested(CourtCodedSchema, required=True)
    outcome = fields.String(required=True, metadata={"enum": ["listed", "held", "adjourned", "vacated"]})
    noticed = fields.List(
        fields.Integer(),
        required=True,
        metadata={"description": "The parties called to it, by their places in the filing, counted from 1."},
    )
    served = fields.List(
        fields.Integer(), required=True, metadata={"description": "Those of them whom the call reached by its day."}
    )
    all_served = fields.Boolean(
        required=True, metadata={"description": "Whether parties were called and the call reached each of them."}
    )


class CourtActorSchema(Schema):
    """Who did it."""

    id = fields.String(required=True)
    office = fields.String(required=True, metadata={"enum": [office.value for office in Office]})
    post = fields.Nested(CourtLabelSchema, required=True, allow_none=True)


class CourtCaseLineSchema(Schema):
    """One act: who, when, why."""

    act = fields.String(required=True, metadata={"enum": [act.value for act in Act]})
    at = fields.String(required=True, metadata={"format": "date-time"})
    by = fields.Nested(CourtActorSchema, required=True)
    state_after = fields.String(required=True, metadata={"enum": STATES})
    code = fields.String(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    on = fields.String(required=True, allow_none=True, metadata={"format": "date", "description": "The day it set."})


class CourtCaseSummarySchema(Schema):
    """A case, as lists show it: without the parties."""

    court_case_id = fields.String(required=True)
    transaction_token = fields.String(required=True)
    court_code = fields.String(required=True)
    kind_code = fields.String(required=True)
    district_code = fields.String(required=True)
    case_number = fields.String(required=True, allow_none=True, metadata={"description": "Null until registered."})
    state = fields.String(required=True, metadata={"enum": STATES})
    state_text = fields.Nested(CourtLabelSchema, required=True)
    in_camera = fields.Boolean(
        required=True, metadata={"description": "Whether nobody but the parties and the court may see it."}
    )
    court_fee = fields.Nested(CourtFeeSchema, required=True)
    hearing = fields.Nested(CourtHearingSchema, required=True, allow_none=True)
    disposal = fields.Nested(CourtCodedSchema, required=True, allow_none=True)
    filed_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    forget_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "When a draft that nobody submits goes."},
    )
    version = fields.Integer(required=True)
    updated_at = fields.String(required=True, metadata={"format": "date-time"})


class CourtCasesSchema(Schema):
    """A page of cases."""

    items = fields.List(fields.Nested(CourtCaseSummarySchema), required=True)
    next = fields.String(required=True, allow_none=True)


class EvidenceSchema(Schema):
    """What the court took, with the mark that names it in the judgment."""

    mark = fields.String(required=True)
    side = fields.String(required=True, metadata={"enum": [side.value for side in Side]})
    kind = fields.String(required=True, metadata={"enum": [kind.value for kind in EvidenceKind]})
    name = fields.String(required=True)
    sha256 = fields.String(required=True)
    hearing_no = fields.Integer(required=True)


class RecordAwaySchema(Schema):
    """With which court the record is, and for which case there."""

    court_code = fields.String(required=True)
    court_case_id = fields.String(required=True)


class CourtCaseSchema(CourtCaseSummarySchema):
    """The case with what was filed and all that happened, for those whom it concerns."""

    filing = fields.Nested(FilingSchema, required=True)
    defects = fields.List(fields.Nested(CourtDefectSchema), required=True)
    cure_by = fields.String(required=True, allow_none=True, metadata={"format": "date"})
    allowed_actions = fields.List(
        fields.String(), required=True, metadata={"description": "What may be done now, by whoever it is for."}
    )
    former_numbers = fields.List(fields.String(), required=True, metadata={"description": "Of courts it left."})
    record_away = fields.Nested(RecordAwaySchema, required=True, allow_none=True)
    decreed_at = fields.String(required=True, allow_none=True, metadata={"format": "date-time"})
    evidence = fields.List(fields.Nested(EvidenceSchema), required=True)
    vakalatnamas = fields.List(fields.Nested(VakalatnamaSchema), required=True)
    history = fields.List(fields.Nested(CourtCaseLineSchema), required=True)


class CourtTransactionEventSchema(Schema):
    """An event published about the case."""

    type = fields.String(required=True)
    at = fields.String(required=True, metadata={"format": "date-time"})


class CourtTransactionSchema(Schema):
    """A case, in the form in which the gateway gets transactions of all services."""

    token = fields.String(required=True)
    kind = fields.String(required=True)
    reference_id = fields.String(required=True)
    status = fields.String(required=True)
    owner_client_id = fields.String(required=True)
    kiosk_id = fields.String(required=True, allow_none=True)
    updated_at = fields.String(required=True, metadata={"format": "date-time"})
    events = fields.List(fields.Nested(CourtTransactionEventSchema), required=True)
