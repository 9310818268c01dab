"""The areas of PIN codes, and where the facts of this folder come from: the package's own files."""

import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from kiosk_registry.domain.places.pin_areas import PinArea, read_pin_areas

_FOLDER = resources.files("kiosk_registry") / "adapters" / "data"


def pin_areas() -> Mapping[str, PinArea]:
    """The area of each PIN code. Raises `PinFactsError` for a file that contradicts itself."""
    return read_pin_areas((_FOLDER / "pin_codes.csv").read_text(encoding="utf-8").splitlines())


def sources() -> Sequence[Mapping[str, Any]]:
    """Of which facts, the source's name in both languages, and the day of its edition or None."""
    rows = tomllib.loads((_FOLDER / "sources.toml").read_text(encoding="utf-8"))["source"]
    return [{**row, "on": row["on"].isoformat() if "on" in row else None} for row in rows]
