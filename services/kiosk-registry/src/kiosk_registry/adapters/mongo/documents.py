"""Districts and centres as MongoDB documents, and what each collection is called."""

from typing import Any

from kiosk_registry.domain.places.districts import District, Place
from kiosk_registry.domain.register.centres import Centre
from kiosk_registry.domain.register.hours import Interval
from kiosk_registry.domain.register.sounds import sounds

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
    """The centre as it is stored. What is not known of it (PIN, tehsil, services, hours) is no member."""
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
        "sounds": sounds_of(centre.name_en, centre.name_hi),
        "version": 1,
    }


def sounds_of(name_en: str, name_hi: str) -> list[str]:
    """By which a centre is met, each once."""
    return sorted({*sounds(name_en), *sounds(name_hi)})


def hours_of(document: Document) -> tuple[Interval, ...] | None:
    """A centre's hours; None where they are not known."""
    hours = document.get("hours")
    return None if hours is None else tuple(Interval(interval["opens"], interval["closes"]) for interval in hours)
