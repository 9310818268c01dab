"""Loads the districts and the opening register of centres.

A centre that is there is never changed, so a repeat adds only what is missing, and running it again finishes a load
that was killed half-way.

Only the sandbox's centres raise `kiosk.approved.v1` (`Centre.announced`). The rest of the register is history: their
approvals lie years back, and 40,000 events at once would tell the other services nothing that their own opening data
does not say, while delaying every event behind them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from kiosk_registry.application.register.ports import Providers, Register
from kiosk_registry.domain.lsps.lsp import opening_lsps
from kiosk_registry.domain.places.districts import District, shares
from kiosk_registry.domain.register.centres import centres, kiosk_id
from servicekit.ids import event_id

# 1 MB or so per write: few round trips, and an interrupted one loses little.
BATCH_SIZE = 2_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was done for one district, or for all: centres that should be there, added now, and events raised."""

    total: int
    added: int
    raised: int

    def __add__(self, other: "Loaded") -> "Loaded":
        return Loaded(self.total + other.total, self.added + other.added, self.raised + other.raised)


@dataclass(frozen=True, slots=True)
class LoadCentres:
    """Load these districts and `total` centres, spread over them by population.

    `tell` is given what was done for each district as soon as it is done.
    """

    districts: tuple[District, ...]
    total: int
    request_id: str
    tell: Callable[[District, Loaded], None]


@dataclass(frozen=True)
class LoadCentresHandler:
    """Fills the register."""

    register: Register
    providers: Providers

    def __call__(self, command: LoadCentres) -> Loaded:
        """Calls `command.tell` after each district. Safe to repeat, and to run twice at the same time.

        Raises ValueError, before anything is written, when a district would need more than 99,999 codes.
        """
        counts = shares(command.districts, command.total)
        for district in command.districts:
            if counts[district.code]:
                kiosk_id(district.code, counts[district.code])
        self.register.put_districts(command.districts)
        self.providers.put_missing(opening_lsps(command.districts))
        done = Loaded(0, 0, 0)
        for district in command.districts:
            part = _load(district, counts[district.code], self.register, command.request_id)
            command.tell(district, part)
            done += part
        return done


def _load(district: District, count: int, register: Register, request_id: str) -> Loaded:
    if not count or register.count(kiosk_id(district.code, 1), kiosk_id(district.code, count)) == count:
        return Loaded(count, 0, 0)
    all_centres = list(centres(district, count))
    announced = [centre for centre in all_centres if centre.announced]
    raised = register.approve(announced, [event_id() for _ in announced], request_id)
    silent = iter([centre for centre in all_centres if not centre.announced])
    added = raised
    while batch := list(islice(silent, BATCH_SIZE)):
        added += register.add(batch)
    return Loaded(count, added, raised)
