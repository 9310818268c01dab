"""What is the same for everybody is asked once a minute, and outlives a short failure of the gateway."""

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar, cast

from portal.application.ports import Answer, Platform
from servicekit.errors import DependencyTimeout, DependencyUnavailable

T = TypeVar("T")

# A new fee is shown within a minute of its day's beginning.
FRESH_SECONDS = 60.0
# While the gateway does not answer, the last answer is shown for so long; an older one might show yesterday's fee.
STALE_SECONDS = 600.0
# A gateway that did not answer is asked again after this: not every page waits for it.
RETRY_SECONDS = 5.0


@dataclass
class _Kept:
    turn: threading.Lock = field(default_factory=threading.Lock)
    answer: Any = None
    answered_at: float = float("-inf")
    ask_at: float = float("-inf")


class RememberedPlatform:
    """Implements application.ports.Platform in front of another one. What is about one person is never kept."""

    def __init__(self, platform: Platform, clock: Callable[[], float] = time.monotonic) -> None:
        self._platform = platform
        self._clock = clock
        self._kept: dict[Hashable, _Kept] = {}

    def application_types(self) -> Sequence[Answer]:
        return self._remembered("application types", self._platform.application_types)

    def application_type(self, code: str) -> Answer | None:
        # Only codes that exist have a place here: what people try in addresses would fill the memory.
        if code not in {known["application_type"] for known in self.application_types()}:
            return None
        return self._remembered(("application type", code), lambda: self._platform.application_type(code))

    def billers(self) -> Sequence[Answer]:
        return self._remembered("billers", self._platform.billers)

    def service_charges(self) -> Answer:
        return self._remembered("service charges", self._platform.service_charges)

    def districts(self) -> Sequence[Answer]:
        return self._remembered("districts", self._platform.districts)

    def pin_places(self, pin: str) -> Answer:
        return self._platform.pin_places(pin)

    def nearest_centres(self, latitude: float, longitude: float, count: int) -> Answer:
        return self._platform.nearest_centres(latitude, longitude, count)

    def transaction(self, token: str) -> Answer | None:
        return self._platform.transaction(token)

    def verification_of_text(self, text: str) -> Answer:
        return self._platform.verification_of_text(text)

    def verification_of_pdf(self, pdf: bytes) -> Answer:
        return self._platform.verification_of_pdf(pdf)

    def verification_of_number(self, number: str, issued_on: date) -> Answer | None:
        return self._platform.verification_of_number(number, issued_on)

    def _remembered(self, key: Hashable, ask: Callable[[], T]) -> T:
        kept = self._kept.setdefault(key, _Kept())
        with kept.turn:  # one asks, the others wait for its answer
            at = self._clock()
            stale = at - kept.answered_at >= STALE_SECONDS
            if stale or at >= kept.ask_at:
                kept.ask_at = at + RETRY_SECONDS
                try:
                    kept.answer = ask()
                except (DependencyUnavailable, DependencyTimeout):
                    if stale:
                        raise
                else:
                    kept.answered_at, kept.ask_at = at, at + FRESH_SECONDS
            return cast("T", kept.answer)
