"""When a district goes dark, and when it is back.

Centres that are silent are no alarm: they close in the evening, one after the other, and of most of them nobody knows
the hours. What is an alarm is that nearly all centres of a district that were heard within the last hour fall silent
together: a line, a power station, a certificate that ran out.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

RECENT = timedelta(hours=1)
# Fewer centres may fall silent by chance.
LEAST_CENTRES = 5
DARK_SHARE = 0.8
BACK_SHARE = 0.5


class Turn(StrEnum):
    """What became of a district."""

    DARKENED = "DARKENED"
    RECOVERED = "RECOVERED"


@dataclass(frozen=True, slots=True)
class Counts:
    """Centres of a district at one instant: heard lately, and of those heard within `RECENT` the ones that are dark.

    `recent` are all heard within `RECENT`. Those that are closed by their own hours do not count among the two.
    """

    online: int
    recent: int
    recent_dark: int


@dataclass(frozen=True, slots=True)
class DistrictState:
    """Whether a district is dark.

    `lost` centres were heard within the hour before it went dark; `turns` counts events.
    """

    district_code: str
    dark_since: datetime | None = None
    lost: int = 0
    turns: int = 0


def turned(state: DistrictState, counts: Counts, at: datetime) -> tuple[DistrictState, Turn | None]:
    """The district's state after it was counted, and whether it turned."""
    if state.dark_since is None:
        if counts.recent >= LEAST_CENTRES and counts.recent_dark >= DARK_SHARE * counts.recent:
            dark = replace(state, dark_since=at, lost=counts.recent, turns=state.turns + 1)
            return dark, Turn.DARKENED
    elif counts.online >= BACK_SHARE * state.lost:
        return replace(state, dark_since=None, lost=0, turns=state.turns + 1), Turn.RECOVERED
    return state, None
