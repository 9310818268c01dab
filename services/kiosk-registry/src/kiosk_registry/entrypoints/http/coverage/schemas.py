"""The wire of coverage."""

from marshmallow import Schema, fields

from kiosk_registry.entrypoints.http.fields import PointSchema, text, whole


class CoverageFiguresSchema(Schema):
    """How a region is served."""

    centres = whole("ACTIVE centres.", 3_725)
    population_2011 = whole("People, Census of India 2011.", 6_626_178)
    per_100000 = fields.Float(
        required=True, allow_none=True, metadata={"description": "Centres for 100,000 people.", "example": 56.22}
    )
    placed_population = whole("Of the people those whose area has a position, about.", 6_626_178)
    mean_m = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Of these the mean distance to the nearest centre, in metres; null without any."},
    )
    desert_population = whole("Of these the ones who have it farther than 10 km.", 12_400)


class DistrictCoverageSchema(CoverageFiguresSchema):
    """How a district is served."""

    district_code = text("LGD code.", "102")
    name_en = text("Name in English.", "Jaipur")
    name_hi = text("Name in Hindi.", "जयपुर")
    division = text("The division it is in.", "Jaipur")


class DivisionCoverageSchema(CoverageFiguresSchema):
    """How a division is served."""

    division = text("Name in English.", "Jaipur")


class DesertSchema(Schema):
    """An area from which the nearest centre is farther than 10 km."""

    pin = text("The PIN code of the area.", "345001")
    district_code = text("LGD code.", "104")
    population = whole("People, about.", 41_000)
    nearest_kiosk_id = fields.String(required=True, allow_none=True, metadata={"description": "Null without any."})
    nearest_m = fields.Integer(required=True, allow_none=True, metadata={"description": "Metres; null without any."})


class NeighbourSchema(Schema):
    """A centre that a new one would take people from."""

    kiosk_id = text("The centre.", "ksk_RJ10200001")
    population = whole("People whose nearest centre it is, about.", 18_000)
    population_after = whole("The same with the new centre: what its income follows.", 11_000)


class NextPlaceSchema(Schema):
    """Where a new centre would help most, after those before it in the list."""

    pin = text("The PIN code of the area.", "345001")
    district_code = text("LGD code.", "104")
    position = fields.Nested(PointSchema, required=True)
    population_nearer = whole("People who would have a centre nearer, about.", 23_000)
    mean_saved_m = whole("By how many metres on average.", 7_400)
    neighbours = fields.List(fields.Nested(NeighbourSchema), required=True)


class CoverageSchema(Schema):
    """How well people are served, and where the next centres would help most."""

    counted_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "UTC; null before it was counted once."}
    )
    items = fields.List(fields.Nested(DistrictCoverageSchema), required=True)
    divisions = fields.List(fields.Nested(DivisionCoverageSchema), required=True)
    state = fields.Nested(CoverageFiguresSchema, required=True, allow_none=True)
    deserts = fields.List(fields.Nested(DesertSchema), required=True)
    next_places = fields.List(fields.Nested(NextPlaceSchema), required=True)
    note = text("For people: what is an estimate, and of what nothing is known.", "An estimate.")
    note_hi = text("The same in Hindi.", "एक अनुमान।")
