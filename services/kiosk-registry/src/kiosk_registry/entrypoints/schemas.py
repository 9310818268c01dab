"""The wire: what each address takes, checked here, and what it gives, described here.

Answers are not dumped through their schemas: the queries give their members as they are sent, and going through
marshmallow again would take as long as finding the nearest centres does. A test holds each answer to its schema.
"""

import re
from typing import Any

from marshmallow import Schema, fields, validate

from kiosk_registry.domain.centres import Kind, Status
from kiosk_registry.domain.pin_areas import PIN_FORM
from servicekit.fields import Code
from servicekit.http import Coded, CursorText

DEFAULT_PAGE = 50
MOST_PER_PAGE = 200  # of the API's conventions
DEFAULT_NEAREST = 10
MOST_NEAREST = 50  # a screen's worth; more is a list by district

_STATUSES = [status.value for status in Status]
# Python's int and float also take "1_0", " 10", "१०" and "infinity"; a number here is what JSON calls one.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class Degrees(fields.Float):
    """A number of the query, in degrees."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if not _NUMBER.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


class Count(fields.Integer):
    """A whole number of the query."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not _WHOLE.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, *args, **kwargs)


def _text(description: str, example: str, **rest: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": description, "example": example}, **rest)


def _whole(description: str, example: int) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description, "example": example})


class PointSchema(Schema):
    """A GeoJSON point (RFC 7946)."""

    type = fields.String(required=True, validate=validate.Equal("Point"))
    coordinates = fields.List(
        fields.Float(),
        required=True,
        validate=validate.Length(equal=2),
        metadata={"description": "Longitude, then latitude, in degrees.", "example": [75.7873, 26.9124]},
    )


class KioskSchema(Schema):
    """A centre."""

    kiosk_id = _text("Permanent id.", "ksk_RJ10200001")
    code = _text("The code on the centre's board.", "RJ10200001")
    name_en = _text("Name in English.", "e-Mitra Kendra Jaipur 1")
    name_hi = _text("Name in Hindi.", "ई-मित्र केंद्र जयपुर 1")
    kind = _text("Where it stands.", "URBAN", validate=validate.OneOf([kind.value for kind in Kind]))
    district_code = _text("LGD code of its district.", "102")
    lsp_id = _text("The local service provider it belongs to.", "lsp_RJ11")
    location = fields.Nested(PointSchema, required=True)
    status = _text("Only an ACTIVE centre trades.", "ACTIVE", validate=validate.OneOf(_STATUSES))
    approved_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "UTC; null while it is under verification."}
    )
    version = _whole("Rises by one with every change.", 1)


class NearKioskSchema(KioskSchema):
    """A centre and how far it is."""

    distance_m = _whole("Great-circle distance in metres.", 640)


class KioskPageSchema(Schema):
    """One page of centres, in order of id."""

    items = fields.List(fields.Nested(KioskSchema), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Send it as ?cursor for the next page; null at the end."},
    )


class NearestSchema(Schema):
    """ACTIVE centres, the closest first."""

    items = fields.List(fields.Nested(NearKioskSchema), required=True)
    reach_m = _whole("How far around the place was looked, in metres; what lies beyond is left out.", 200_000)
    note = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "For people, where fewer centres are within reach than were asked for; else null."},
    )
    note_hi = fields.String(required=True, allow_none=True, metadata={"description": "The same in Hindi."})


class StatusCountsSchema(Schema):
    """Centres by status."""

    ACTIVE = _whole("Trading.", 3725)
    SUSPENDED = _whole("Stopped for a time.", 51)
    UNDER_VERIFICATION = _whole("Not yet approved.", 40)
    CLOSED = _whole("Gone for good.", 51)


class DistrictStatisticsSchema(Schema):
    """The centres of one district."""

    district_code = _text("LGD code.", "102")
    name_en = _text("Name in English.", "Jaipur")
    name_hi = _text("Name in Hindi.", "जयपुर")
    total = _whole("All its centres.", 3867)
    by_status = fields.Nested(StatusCountsSchema, required=True)


class StatisticsSchema(Schema):
    """Centres per district and status, and of the whole state."""

    items = fields.List(fields.Nested(DistrictStatisticsSchema), required=True)
    total = _whole("All centres of the state.", 40000)
    by_status = fields.Nested(StatusCountsSchema, required=True)


class DistrictSchema(Schema):
    """A district."""

    district_code = _text("LGD code: the Local Government Directory's.", "102")
    census2011_code = _text("Code in the Census of India 2011.", "110")
    name_en = _text("Name in English.", "Jaipur")
    name_hi = _text("Name in Hindi.", "जयपुर")
    division = _text("The division it is in.", "Jaipur")
    headquarters = fields.Nested(PointSchema, required=True)
    area_km2 = _whole("Area in square kilometres, Census of India 2011.", 11143)
    population_2011 = _whole("Population, Census of India 2011.", 6626178)


class DistrictsSchema(Schema):
    """All districts, by English name."""

    items = fields.List(fields.Nested(DistrictSchema), required=True)


class DistrictPlaceSchema(Schema):
    """A district as a place to look for centres from."""

    district_code = _text("LGD code: the Local Government Directory's.", "102")
    name_en = _text("Name in English.", "Jaipur")
    name_hi = _text("Name in Hindi.", "जयपुर")
    position = fields.Nested(PointSchema, required=True, metadata={"description": "Of its headquarters."})


class PinAreaSchema(Schema):
    """The area of a PIN code."""

    pin = _text("The PIN code.", "302001")
    position = fields.Nested(
        PointSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The middle of its post offices; null where their places are not known."},
    )


class SourceSchema(Schema):
    """Where facts come from."""

    of = _text("Which facts.", "pin_areas", validate=validate.OneOf(["districts", "pin_areas"]))
    name = _text("The source.", "All India Pincode Directory, Department of Posts")
    name_hi = _text("Its name in Hindi.", "अखिल भारतीय पिनकोड निर्देशिका, डाक विभाग")
    on = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The day of the edition that was read; null where none is told."},
    )


class PlacesSchema(Schema):
    """Places to look for centres from."""

    items = fields.List(
        fields.Nested(DistrictPlaceSchema),
        required=True,
        metadata={
            "description": "The districts by English name; with ?pin those in which post offices of that PIN lie."
        },
    )
    pin_area = fields.Nested(
        PinAreaSchema,
        required=True,
        allow_none=True,
        metadata={"description": "With ?pin its area; null when it is not known."},
    )
    note = fields.String(
        required=True, allow_none=True, metadata={"description": "For people, where the area of a PIN is not known."}
    )
    note_hi = fields.String(required=True, allow_none=True, metadata={"description": "The same in Hindi."})
    sources = fields.List(fields.Nested(SourceSchema), required=True)


class PlacesQuerySchema(Schema):
    """All places, or those of a PIN code."""

    pin = Code(
        PIN_FORM,
        longest=6,
        error=Coded(
            "not-a-pin", "A PIN code has six digits, the first not 0.", "पिन कोड में छह अंक होते हैं, पहला 0 नहीं होता।"
        ),
        metadata={"description": "India Post's code of an area.", "example": "302001"},
    )


class KioskQuerySchema(Schema):
    """Which centres to list."""

    district = Code(
        r"[1-9][0-9]{0,2}",
        longest=3,
        error=Coded("unknown-district", "Use a district_code of GET /v1/districts."),
        metadata={"description": "LGD code, as GET /v1/districts lists them.", "example": "102"},
    )
    status = fields.String(validate=validate.OneOf(_STATUSES), metadata={"example": Status.ACTIVE.value})
    limit = Count(load_default=DEFAULT_PAGE, validate=validate.Range(min=1, max=MOST_PER_PAGE))
    cursor = CursorText(metadata={"description": "`next` of the page before, with the same filters."})


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
