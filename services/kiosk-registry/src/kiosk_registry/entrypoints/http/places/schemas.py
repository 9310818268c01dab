"""Districts and PIN codes on the wire. Answers are not dumped through marshmallow; a test holds them to the schemas."""

from marshmallow import Schema, fields, validate

from kiosk_registry.domain.places.pin_areas import PIN_FORM
from kiosk_registry.entrypoints.http.fields import PointSchema, a_past_day, text, whole
from servicekit.fields import Code
from servicekit.http import Coded


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


class OrderSchema(Schema):
    """By what something came or went."""

    name = text("The order.", "Annulment of nine districts and three divisions, cabinet decision of 2024-12-28")
    name_hi = text("The same in Hindi.", "नौ ज़िलों और तीन संभागों की समाप्ति, 2024-12-28 का मंत्रिमंडल निर्णय")
    begins = fields.Date(required=True, metadata={"description": "Its first day.", "example": "2024-12-28"})


class TermSchema(Schema):
    """Since when, and until when."""

    made_by = fields.Nested(
        OrderSchema, required=True, allow_none=True, metadata={"description": "null: it is older than what is told."}
    )
    ended_by = fields.Nested(OrderSchema, required=True, allow_none=True, metadata={"description": "null: by none."})


class YoungerDistrictSchema(TermSchema):
    """A district that was made after the 33; the Census of India 2011 knows no facts of it."""

    district_code = text("Its LGD code, or a word in its place where that is not known.", "balotra")
    lgd_code = fields.String(required=True, allow_none=True, metadata={"description": "null: not found."})
    name_en = text("Name in English.", "Balotra")
    name_hi = text("Name in Hindi.", "बालोतरा")
    division = text("The division it is in on that day.", "Jodhpur")
    parents = fields.List(
        fields.String(), required=True, metadata={"description": "Of whose land it was made, its headquarters' first."}
    )
    successors = fields.List(
        fields.String(), required=True, metadata={"description": "Who took it over, if it was ended."}
    )


class DistrictsSchema(Schema):
    """The districts of a day."""

    items = fields.List(
        fields.Nested(DistrictSchema),
        required=True,
        metadata={"description": "The 33, none of which was ever ended, by English name, with what the Census knows."},
    )
    on = fields.Date(required=True, allow_none=True, metadata={"description": "The day asked for; null without one."})
    younger = fields.List(
        fields.Nested(YoungerDistrictSchema),
        required=True,
        metadata={"description": "With ?on the districts of that day that were made later; without it none."},
    )


class DivisionSchema(TermSchema):
    """A division."""

    division = text("Its name in English, which names it.", "Jodhpur")
    name_hi = text("Name in Hindi.", "जोधपुर")
    districts = fields.List(fields.String(), required=True, metadata={"description": "Its districts' codes."})


class DivisionsSchema(Schema):
    """The divisions of a day."""

    state = fields.Nested(
        Schema.from_dict(
            {
                "lgd_code": text("Of the state.", "8"),
                "name_en": text("Its name.", "Rajasthan"),
                "name_hi": text("Its name in Hindi.", "राजस्थान"),
            },
            name="StateSchema",
        ),
        required=True,
    )
    on = fields.Date(required=True, metadata={"description": "The day: the one asked for, or today."})
    items = fields.List(fields.Nested(DivisionSchema), required=True)


class JurisdictionSchema(Schema):
    """Who answers on a day for what is written under a district."""

    district_code = text("The district.", "dudu")
    on = fields.Date(required=True, metadata={"description": "The day: the one asked for, or today."})
    answered_by = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Codes of the districts whose officers answer: its own while it is there, its parents' "
            "before, its successors' after; the headquarters' first.",
            "example": ["102"],
        },
    )


class DayQuerySchema(Schema):
    """Which day."""

    on = fields.Date(
        validate=a_past_day,
        metadata={"description": "A day in Rajasthan, not before 2008-01-26.", "example": "2024-01-01"},
    )


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
