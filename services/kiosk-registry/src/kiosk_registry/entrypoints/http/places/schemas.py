"""Districts and PIN codes on the wire. Answers are not dumped through marshmallow; a test holds them to the schemas."""

from marshmallow import Schema, fields, validate
from servicekit.fields import Code
from servicekit.http import Coded

from kiosk_registry.domain.places.pin_areas import PIN_FORM
from kiosk_registry.entrypoints.http.fields import PointSchema, text, whole


class DistrictSchema(Schema):
    """A district."""

    district_code = text("LGD code: the Local Government Directory's.", "102")
    census2011_code = text("Code in the Census of India 2011.", "110")
    name_en = text("Name in English.", "Jaipur")
    name_hi = text("Name in Hindi.", "जयपुर")
    division = text("The division it is in.", "Jaipur")
    headquarters = fields.Nested(PointSchema, required=True)
    area_km2 = whole("Area in square kilometres, Census of India 2011.", 11143)
    population_2011 = whole("Population, Census of India 2011.", 6626178)


class DistrictsSchema(Schema):
    """All districts, by English name."""

    items = fields.List(fields.Nested(DistrictSchema), required=True)


class DistrictPlaceSchema(Schema):
    """A district as a place to look for centres from."""

    district_code = text("LGD code: the Local Government Directory's.", "102")
    name_en = text("Name in English.", "Jaipur")
    name_hi = text("Name in Hindi.", "जयपुर")
    position = fields.Nested(PointSchema, required=True, metadata={"description": "Of its headquarters."})


class PinAreaSchema(Schema):
    """The area of a PIN code."""

    pin = text("The PIN code.", "302001")
    position = fields.Nested(
        PointSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The middle of its post offices; null where their places are not known."},
    )


class SourceSchema(Schema):
    """Where facts come from."""

    of = text("Which facts.", "pin_areas", validate=validate.OneOf(["districts", "pin_areas"]))
    name = text("The source.", "All India Pincode Directory, Department of Posts")
    name_hi = text("Its name in Hindi.", "अखिल भारतीय पिनकोड निर्देशिका, डाक विभाग")
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
