"""The areas of PIN codes as facts: in which districts the post offices of a PIN lie, and about where.

A PIN is India Post's, a district the state's: an area may lie in two. The facts are data (a CSV file), as those of the
districts are.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kiosk_registry.domain.places.districts import RAJASTHAN, Place

PIN_FORM = r"[1-9][0-9]{5}"
_PIN = re.compile(PIN_FORM, re.ASCII)
_DISTRICT = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PinArea:
    """One PIN code; `position` is the middle of its post offices, None where the source does not place them."""

    pin: str
    district_codes: tuple[str, ...]
    position: Place | None


class PinFactsError(ValueError):
    """The file of PIN codes cannot be used; the message names the line and what is wrong with it."""


def read_pin_areas(lines: Iterable[str]) -> dict[str, PinArea]:
    """The areas of a CSV file with a header line, by their PIN.

    Raises `PinFactsError` for a missing column, a PIN or a district that is none or comes twice, half a position, or
    one outside Rajasthan.
    """
    areas: dict[str, PinArea] = {}
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            area = _area(row)
        except KeyError as error:
            raise PinFactsError(f"The file of PIN codes has no column {error}.") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise PinFactsError(f"Line {number} of the file of PIN codes: {error}") from error
        if area.pin in areas:
            raise PinFactsError(f"Line {number} of the file of PIN codes: {area.pin} was there before.")
        areas[area.pin] = area
    return areas


def _area(row: Mapping[str, str]) -> PinArea:
    pin, codes = row["pin"], tuple(row["districts"].split())
    if not _PIN.fullmatch(pin):
        raise ValueError(f"{pin!r} is no PIN code: six digits, the first not 0.")
    if not codes or len(set(codes)) < len(codes) or not all(map(_DISTRICT.fullmatch, codes)):
        raise ValueError("name each district once, by its LGD code.")
    if not row["lat"] and not row["lon"]:
        return PinArea(pin, codes, None)
    position = Place(lat=float(row["lat"]), lon=float(row["lon"]))
    if not RAJASTHAN.holds(position):
        raise ValueError(f"the position of {pin} is outside Rajasthan.")
    return PinArea(pin, codes, position)
