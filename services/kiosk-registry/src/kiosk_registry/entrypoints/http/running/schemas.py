"""The documents of changing a centre that trades."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from kiosk_registry.domain.register.facts import MOST_SERVICES, SERVICE_FORM
from kiosk_registry.domain.register.hours import MOST_INTERVALS, HoursError, read_hours
from kiosk_registry.domain.running.acts import ASKED_FOR
from kiosk_registry.domain.running.centre import Act, Office
from kiosk_registry.entrypoints.http.fields import Count, text, whole
from kiosk_registry.entrypoints.http.openings.schemas import (
    LONGEST_REMARKS,
    CentreRefusalReasonSchema,
    GeoTagSchema,
    SiteSchema,
)
from servicekit.fields import Code, Instant, Text
from servicekit.http import Coded
from servicekit.text import Remarks

LARGEST_PAGE = 200
NOT_ASKED_FOR = {Act.IMPORT, Act.SUSPEND, Act.REINSTATE, Act.CLOSE}
ACTS = [act.value for act in Act if act not in NOT_ASKED_FOR]
# What each act must say beside itself, and what it may say; remarks may be with any.
NEEDED = {
    Act.SET_HOURS: {"hours"},
    Act.SET_SERVICES: {"services"},
    Act.ASK_PREMISES: {"premises", "remarks"},
    Act.ASK_CLOSURE: {"remarks"},
    Act.REFUSE: {"reason", "remarks"},
}
ALSO = {Act.APPROVE: {"position"}}
CHANGE_EXAMPLE = {"act": "set_hours", "hours": ["MON 09:00-18:00", "TUE 09:00-18:00"]}


class CentreChangeSchema(Schema):
    """What is done with a centre. Which members belong to which act: each says it."""

    act = fields.String(required=True, validate=validate.OneOf(ACTS))
    hours = fields.List(
        Code(r"[A-Z]{3} [0-9:]{5}-[0-9:]{5}", longest=15),
        validate=validate.Length(min=1, max=MOST_INTERVALS),
        metadata={"description": "set_hours: by India's clock, as MON 09:00-18:00; each lies in one day."},
    )
    services = fields.List(
        Code(SERVICE_FORM, longest=40),
        validate=validate.Length(min=1, max=MOST_SERVICES),
        metadata={"description": "set_services: codes of all services that it offers."},
    )
    premises = fields.Nested(SiteSchema, metadata={"description": "ask_premises: where it is to be."})
    position = fields.Nested(
        GeoTagSchema, metadata={"description": "approve, of other premises: the geo-tag taken there."}
    )
    reason = Code(
        r"[a-z][a-z0-9-]{1,39}", longest=40, metadata={"description": "refuse: a code of GET /v1/centre-rules."}
    )
    remarks = Text(Remarks(LONGEST_REMARKS), metadata={"description": "Why."})

    @validates_schema(skip_on_field_errors=True)
    def what_belongs_to_the_act(self, data: dict[str, Any], **_: Any) -> None:
        """Each act has its own members and no others."""
        act, said = Act(data["act"]), data.keys() - {"act"}
        needed = NEEDED.get(act, set())
        for name in sorted(needed - said):
            raise ValidationError(Coded("required", f"{act.value} needs it.", f"{act.value} के लिए आवश्यक है।"), name)
        for name in sorted(said - needed - ALSO.get(act, set()) - {"remarks"}):
            told = Coded("not-allowed", f"{act.value} has none; leave it out.", f"{act.value} के साथ इसे न दें।")
            raise ValidationError(told, name)
        services = data.get("services", ())
        if len(set(services)) < len(services):
            raise ValidationError(Coded("twice", "Name each service once.", "हर सेवा एक बार दें।"), "services")

    @post_load
    def read(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The hours as intervals."""
        if "hours" not in data:
            return data
        try:
            return {**data, "hours": read_hours(data["hours"])}
        except HoursError as error:
            told = Coded(
                "invalid-hours",
                str(error),
                "समय MON 09:00-18:00 के रूप में दें; एक दिन के भीतर, बिना किसी टकराव के।",
            )
            raise ValidationError(told, "hours") from error


class AllowedChangeSchema(Schema):
    """Something that may be done now."""

    act = fields.String(required=True, metadata={"x-extensible-enum": ACTS})
    offices = fields.List(
        fields.String(metadata={"x-extensible-enum": [office.value for office in Office]}), required=True
    )


class AskedChangeSchema(Schema):
    """What waits for the district's decision."""

    act = fields.String(required=True, metadata={"x-extensible-enum": [act.value for act in ASKED_FOR]})
    office = fields.String(required=True, metadata={"description": "Who asked."})
    at = Instant(required=True)
    premises = fields.Nested(SiteSchema, required=True, allow_none=True, metadata={"description": "Of ask_premises."})


class CentreChangeLineSchema(Schema):
    """Who did what when and why."""

    version = whole("The centre's, after it.", 2)
    act = fields.String(required=True, metadata={"x-extensible-enum": [act.value for act in Act]})
    at = Instant(required=True)
    office = fields.String(required=True, metadata={"description": "Whose act it was."})
    person_id = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "For offices; those at the centre are told the office alone. A file names nobody."},
    )
    reason = fields.Nested(CentreRefusalReasonSchema, required=True, allow_none=True)
    remarks = fields.String(required=True, allow_none=True)
    facts = fields.Dict(
        keys=fields.String(), values=fields.Raw(), required=True, metadata={"description": "What was asked or seen."}
    )


class CentreChangesSchema(Schema):
    """What was changed of a centre, the oldest first, and what may be done now."""

    kiosk_id = text("The centre.", "ksk_RJ10200001")
    version = whole("Rises by one with every change.", 1)
    status = text("Only an ACTIVE centre trades.", "ACTIVE")
    asked = fields.Nested(AskedChangeSchema, required=True, allow_none=True)
    allowed = fields.List(fields.Nested(AllowedChangeSchema), required=True)
    items = fields.List(fields.Nested(CentreChangeLineSchema), required=True)
    next = fields.Integer(
        required=True, allow_none=True, metadata={"description": "?after of the next page; null at the end."}
    )


class CentreChangesQuerySchema(Schema):
    """Which part of the history."""

    after = Count(load_default=0, metadata={"description": "Lines after this version."})
    limit = Count(load_default=50, validate=validate.Range(min=1, max=LARGEST_PAGE))
