"""The places that centres are looked for from: districts of the register, and PIN codes of the package's own facts."""

import pymongo

from kiosk_registry.adapters.data.pin_facts import pin_areas, sources
from kiosk_registry.adapters.mongo.documents import DISTRICTS, Document, point
from kiosk_registry.domain.places.pin_areas import PinArea
from servicekit.deadlines import seconds_left
from servicekit.mongo import Mongo


class PlaceQueries:
    """Reads places, as plain JSON values with the members that the schemas of `entrypoints.http` document.

    Raises as KioskQueries does; safe to repeat.
    """

    def __init__(self, mongo: Mongo) -> None:
        self._timeout_seconds = mongo.timeout_seconds
        self._districts = mongo.db[DISTRICTS]
        self._pin_areas = pin_areas()
        self._sources = sources()

    def districts(self) -> list[Document]:
        """All districts, by their English names."""
        with pymongo.timeout(seconds_left(self._timeout_seconds)):
            documents = self._districts.find().sort("name_en", pymongo.ASCENDING).to_list()
        return [{"district_code": document.pop("_id"), **document} for document in documents]

    def all(self) -> Document:
        """Every district."""
        return self._answer(self._positions(), None)

    def of_pin(self, pin: str) -> Document:
        """The districts in which post offices of the PIN lie, none where its area is not known."""
        area = self._pin_areas.get(pin)
        codes = area.district_codes if area else ()
        return self._answer([d for d in self._positions() if d["district_code"] in codes], area)

    def _positions(self) -> list[Document]:
        return [
            {
                **{name: district[name] for name in ("district_code", "name_en", "name_hi")},
                "position": district["headquarters"],
            }
            for district in self.districts()
        ]

    def _answer(self, items: list[Document], area: PinArea | None) -> Document:
        shown = area and {"pin": area.pin, "position": area.position and point(area.position)}
        return {"items": items, "pin_area": shown, "sources": self._sources}
