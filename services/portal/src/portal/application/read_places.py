"""Where somebody is, by what they know of it: a name or a PIN.

The platform knows the districts and their headquarters, so that a place is one of those.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from portal.application import spelling
from portal.application.ports import Answer, Platform

_PIN = re.compile(r"[1-9][0-9]{5}", re.ASCII)
_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")


@dataclass(frozen=True)
class PlaceReader:
    """Finds districts. Raises as Platform does."""

    platform: Platform

    def district(self, code: str) -> Answer | None:
        """The district with this code of the Local Government Directory."""
        return next((known for known in self.platform.districts() if known["district_code"] == code), None)

    def search(self, text: str) -> Sequence[Answer]:
        """The districts that a name or a PIN may mean: one when it is clear, none when it is not of this state."""
        digits = re.sub(r"\s", "", text).translate(_DIGITS)
        if _PIN.fullmatch(digits):
            codes = _pin_areas().get(digits[:3], [])
            return [district for code in codes if (district := self.district(code))]
        asked = "".join(spelling.words(text))
        likenesses = [
            (max(_likeness(asked, district["name_en"]), _likeness(asked, district["name_hi"])), district)
            for district in self.platform.districts()
        ]
        best = max((likeness for likeness, _ in likenesses), default=0.0)
        return [district for likeness, district in likenesses if likeness == best > 0]


def _likeness(asked: str, name: str) -> float:
    """To the whole name or one word of it: most leave the Sri of Ganganagar out."""
    words = spelling.words(name)
    return max(spelling.likeness(asked, word) for word in ("".join(words), *words))


@cache
def _pin_areas() -> Mapping[str, Sequence[str]]:
    return tomllib.loads((files("portal") / "data" / "pin_areas.toml").read_text(encoding="utf-8"))
