"""The facts that a form is held against: the 33 districts and the PIN codes of the package."""

from kiosk_registry.adapters.data.district_facts import districts
from kiosk_registry.adapters.data.pin_facts import pin_areas
from kiosk_registry.domain.places.districts import District
from kiosk_registry.domain.places.pin_areas import PinArea


class PlaceFacts:
    """Implements application.openings.ports.Places."""

    def __init__(self) -> None:
        self._districts = {district.code: district for district in districts()}
        self._pin_areas = pin_areas()

    def district(self, code: str) -> District | None:
        """One of the 33."""
        return self._districts.get(code)

    def pin_area(self, pin: str) -> PinArea | None:
        """Where a PIN is."""
        return self._pin_areas.get(pin)
