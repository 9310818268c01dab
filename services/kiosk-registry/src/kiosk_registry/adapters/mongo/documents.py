"""Districts and centres as MongoDB documents, and what each collection is called."""

from typing import Any

from kiosk_registry.domain.places.districts import District, Place
from kiosk_registry.domain.register.centres import Centre

Document = dict[str, Any]

KIOSKS = "kiosks"
DISTRICTS = "districts"


def point(place: Place) -> Document:
    """GeoJSON (RFC 7946): the longitude comes first."""
    return {"type": "Point", "coordinates": [place.lon, place.lat]}


def district_to_document(district: District) -> Document:
    """The district as it is stored, its id the LGD code."""
    return {
        "_id": district.code,
        "census2011_code": district.census2011_code,
        "name_en": district.name_en,
        "name_hi": district.name_hi,
        "division": district.division,
        "headquarters": point(district.headquarters),
        "area_km2": district.area_km2,
        "population_2011": district.population_2011,
    }


def centre_to_document(centre: Centre) -> Document:
    """The centre as it is stored."""
    return {
        "_id": centre.kiosk_id,
        "code": centre.code,
        "name_en": centre.name_en,
        "name_hi": centre.name_hi,
        "kind": centre.kind.value,
        "district_code": centre.district_code,
        "lsp_id": centre.lsp_id,
        "location": point(centre.place),
        "status": centre.status.value,
        "approved_at": centre.approved_at,
        "version": 1,
    }
