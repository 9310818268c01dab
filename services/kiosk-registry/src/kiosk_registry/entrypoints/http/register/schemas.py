"""The wire: what each address takes, checked here, and what it gives, described here.

Answers are not dumped through their schemas: the queries give their members as they are sent, and going through
marshmallow again would take as long as finding the nearest centres does. A test holds each answer to its schema.
"""

from marshmallow import Schema, fields, validate

from kiosk_registry.domain.places.pin_areas import PIN_FORM
from kiosk_registry.domain.register.centres import Kind, Status
from kiosk_registry.domain.register.facts import SERVICE_FORM, TEHSIL_FORM
from kiosk_registry.entrypoints.http.fields import Count, Degrees, PointSchema, a_past_day, text, whole
from servicekit.fields import Code, Text
from servicekit.http import Coded, CursorText
from servicekit.text import Line

DEFAULT_PAGE = 50
MOST_PER_PAGE = 200  # of the API's conventions
DEFAULT_NEAREST = 10
MOST_NEAREST = 50  # a screen's worth; more is a list by district
LONGEST_NAME = 100

_STATUSES = [status.value for status in Status]


def _unset(description: str, example: str) -> fields.String:
    metadata = {"description": f"{description} Null where it is not known.", "example": example}
    return fields.String(required=True, allow_none=True, metadata=metadata)


def _note(description: str) -> fields.String:
    return fields.String(required=True, allow_none=True, metadata={"description": description})


class KioskSchema(Schema):
    """A centre."""

    kiosk_id = text("Permanent id.", "ksk_RJ10200001")
    code = text("The code on the centre's board.", "RJ10200001")
    name_en = text("Name in English.", "e-Mitra Kendra Jaipur 1")
    name_hi = text("Name in Hindi.", "ई-मित्र केंद्र जयपुर 1")
    kind = text("Where it stands.", "URBAN", validate=validate.OneOf([kind.value for kind in Kind]))
    district_code = text("LGD code of its district.", "102")
    lsp_id = text("The local service provider it belongs to.", "lsp_RJ11")
    location = fields.Nested(PointSchema, required=True)
    status = text("Only an ACTIVE centre trades.", "ACTIVE", validate=validate.OneOf(_STATUSES))
    approved_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "UTC; null while it is under verification."}
    )
    version = whole("Rises by one with every change.", 1)
    pin = _unset("India Post's code of its address.", "302001")
    tehsil_code = _unset("LGD code of its tehsil.", "588")
    services = fields.List(
        fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "Codes of the services it offers; null where they are not known."},
    )
    hours = fields.List(
        fields.String(metadata={"example": "MON 09:00-18:00"}),
        required=True,
        allow_none=True,
        metadata={"description": "When it is open, by India's clock, in order of the week; null where not known."},
    )
    open_now = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={"description": "Whether it is open by its hours; null where these are not known."},
    )


class NearKioskSchema(KioskSchema):
    """A centre and how far it is."""

    distance_m = whole("Great-circle distance in metres.", 640)


class KioskPageSchema(Schema):
    """One page of centres, in order of id."""

    items = fields.List(fields.Nested(KioskSchema), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Send it as ?cursor for the next page; null at the end."},
    )
    note = _note("For people, where a filter asks for what is not known of some centres; else null.")
    note_hi = _note("The same in Hindi.")


class NearestSchema(Schema):
    """Centres, the closest first."""

    items = fields.List(fields.Nested(NearKioskSchema), required=True)
    reach_m = whole("How far around the place was looked, in metres; what lies beyond is left out.", 200_000)
    note = _note("For people, where fewer centres are within reach than were asked for, or hours are not known.")
    note_hi = _note("The same in Hindi.")


class StatusCountsSchema(Schema):
    """Centres by status."""

    ACTIVE = whole("Trading.", 3725)
    SUSPENDED = whole("Stopped for a time.", 51)
    UNDER_VERIFICATION = whole("Not yet approved.", 40)
    CLOSED = whole("Gone for good.", 51)


class DistrictStatisticsSchema(Schema):
    """The centres of one district."""

    district_code = text("LGD code.", "102")
    name_en = text("Name in English.", "Jaipur")
    name_hi = text("Name in Hindi.", "जयपुर")
    total = whole("All its centres.", 3867)
    by_status = fields.Nested(StatusCountsSchema, required=True)


class StatisticsSchema(Schema):
    """Centres per district and status, and of the whole state."""

    items = fields.List(fields.Nested(DistrictStatisticsSchema), required=True)
    total = whole("All centres of the state.", 40000)
    by_status = fields.Nested(StatusCountsSchema, required=True)


def _service_filter() -> Code:
    return Code(
        SERVICE_FORM,
        longest=40,
        error=Coded("not-a-service", "Write a service's code, such as JVVNL.", "सेवा का कोड लिखें, जैसे JVVNL।"),
        metadata={"description": "Centres that are known to offer the service of this code."},
    )


class KioskQuerySchema(Schema):
    """Which centres to list."""

    district = Code(
        r"[1-9][0-9]{0,2}",
        longest=3,
        error=Coded("unknown-district", "Use a district_code of GET /v1/districts."),
        metadata={"description": "LGD code, as GET /v1/districts lists them.", "example": "102"},
    )
    tehsil = Code(
        TEHSIL_FORM,
        longest=6,
        error=Coded("not-a-tehsil", "Write the tehsil's LGD code.", "तहसील का LGD कोड लिखें।"),
        metadata={"description": "LGD code of a tehsil."},
    )
    pin = Code(
        PIN_FORM,
        longest=6,
        error=Coded(
            "not-a-pin", "A PIN code has six digits, the first not 0.", "पिन कोड में छह अंक होते हैं, पहला 0 नहीं होता।"
        ),
        metadata={"description": "India Post's code of the centre's address."},
    )
    name = Text(
        Line(LONGEST_NAME),
        metadata={
            "description": "Words of its name in Hindi, English, or Hindi with Latin letters; all must be in it.",
            "example": "kendr jaypur",
        },
    )
    service = _service_filter()
    status = fields.String(validate=validate.OneOf(_STATUSES), metadata={"example": Status.ACTIVE.value})
    limit = Count(load_default=DEFAULT_PAGE, validate=validate.Range(min=1, max=MOST_PER_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before, with the same filters."})


class KioskDayQuerySchema(Schema):
    """As it was on which day."""

    on = fields.Date(
        validate=a_past_day,
        metadata={"description": "As it was at the end of this day in Rajasthan; as it is unless given."},
    )


class StatisticsQuerySchema(Schema):
    """By the districts of which day."""

    on = fields.Date(
        validate=a_past_day,
        metadata={"description": "By the districts of this day instead of the 33.", "example": "2024-12-28"},
    )


class NearestQuerySchema(Schema):
    """From where, and how many."""

    lat = Degrees(
        required=True,
        validate=validate.Range(min=-90, max=90),
        metadata={"description": "Latitude, WGS 84 degrees.", "example": 26.9124},
    )
    lon = Degrees(
        required=True,
        validate=validate.Range(min=-180, max=180),
        metadata={"description": "Longitude, WGS 84 degrees.", "example": 75.7873},
    )
    limit = Count(load_default=DEFAULT_NEAREST, validate=validate.Range(min=1, max=MOST_NEAREST))
    service = _service_filter()
    status = fields.String(
        load_default=Status.ACTIVE.value,
        validate=validate.OneOf(_STATUSES),
        metadata={"description": "ACTIVE unless told otherwise: no other centre trades."},
    )
    open_now = fields.Boolean(
        load_default=False,
        truthy={"true"},
        falsy={"false"},
        metadata={
            "description": "Those alone that are open by their hours; who has told none is left out, and counted."
        },
    )
