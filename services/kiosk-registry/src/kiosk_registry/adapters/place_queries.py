"""The places that centres are looked for from: districts of the register, and PIN codes of the package's own facts."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from kiosk_registry.adapters.kiosk_queries import Document, KioskQueries
from kiosk_registry.adapters.mongo_register import point
from kiosk_registry.domain.pin_areas import PinArea, read_pin_areas

_FOLDER = resources.files("kiosk_registry") / "data"


def pin_areas() -> Mapping[str, PinArea]:
    """The area of each PIN code. Raises `PinFactsError` for a file that contradicts itself."""
    return read_pin_areas((_FOLDER / "pin_codes.csv").read_text(encoding="utf-8").splitlines())


def sources() -> Sequence[Mapping[str, Any]]:
    """Of which facts, the source's name in both languages, and the day of its edition or None."""
    rows = tomllib.loads((_FOLDER / "sources.toml").read_text(encoding="utf-8"))["source"]
    return [{**row, "on": row["on"].isoformat() if "on" in row else None} for row in rows]


class PlaceQueries:
    """Reads places, as plain JSON values with the members that `entrypoints.schemas` documents.

    Raises as KioskQueries does; safe to repeat.
    """

    def __init__(self, kiosks: KioskQueries) -> None:
        self._kiosks = kiosks
        self._pin_areas = pin_areas()
        self._sources = sources()

    def all(self) -> Document:
        """Every district."""
        return self._answer(self._districts(), None)

    def of_pin(self, pin: str) -> Document:
        """The districts in which post offices of the PIN lie, none where its area is not known."""
        area = self._pin_areas.get(pin)
        codes = area.district_codes if area else ()
        return self._answer([d for d in self._districts() if d["district_code"] in codes], area)

    def _districts(self) -> list[Document]:
        return [
            {
                **{name: district[name] for name in ("district_code", "name_en", "name_hi")},
                "position": district["headquarters"],
            }
            for district in self._kiosks.districts()
        ]

    def _answer(self, items: list[Document], area: PinArea | None) -> Document:
        shown = area and {"pin": area.pin, "position": area.position and point(area.position)}
        return {"items": items, "pin_area": shown, "sources": self._sources}
