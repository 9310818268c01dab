"""Where somebody is, by what they know of it: a name or a PIN.

What is known of names is the districts' towns: the platform knows no others.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portal.application import spelling
from portal.application.ports import Answer, Platform

_PIN = re.compile(r"[1-9][0-9]{5}", re.ASCII)
_DIGITS = str.maketrans("०१२३४५६७८९", "0123456789")


def read_pin(text: str) -> str | None:
    """The PIN code that somebody wrote, in digits of either kind; None when it is none."""
    digits = re.sub(r"\s", "", text).translate(_DIGITS)
    return digits if _PIN.fullmatch(digits) else None


@dataclass(frozen=True)
class PlaceReader:
    """Finds districts. Raises as Platform does."""

    platform: Platform

    def district(self, code: str) -> Answer | None:
        """The district with this code of the Local Government Directory."""
        return next((known for known in self.platform.districts() if known["district_code"] == code), None)

    def search(self, name: str) -> Sequence[Answer]:
        """The districts that a name may mean: one when it is clear, none when it is not of this state."""
        asked = "".join(spelling.words(name))
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
