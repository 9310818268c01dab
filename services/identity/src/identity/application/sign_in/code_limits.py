"""How many codes are sent: by number and by who asks, never by address (two hundred operators sit behind one)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from identity.application.sign_in.errors import TooManyCodes
from identity.application.sign_in.ports import SentCodes
from identity.domain.sign_in.sign_in import CODES_COUNTED


@dataclass(frozen=True)
class Budget:
    """At most `most` codes in a day under `key`."""

    key: str
    most: int


def spend(sent: SentCodes, budgets: Sequence[Budget], at: datetime, way_on: str, way_on_hi: str) -> None:
    """One code of each budget. Raises TooManyCodes with when it ends and `way_on`, what to do until then."""
    for budget in budgets:
        wait = seconds_to_wait(sent, budget, at)
        if wait is not None:
            hours = -(-wait // 3600)
            raise TooManyCodes(
                f"{budget.most} codes were asked for within a day, and no more are sent. It ends within {hours} hours. "
                f"{way_on}",
                f"एक दिन में {budget.most} कोड माँगे जा चुके हैं, इसलिए और नहीं भेजे जाएँगे। यह रोक {hours} घंटे में "
                f"समाप्त होगी। {way_on_hi}",
                retry_after_seconds=wait,
            )


def seconds_to_wait(sent: SentCodes, budget: Budget, at: datetime) -> int | None:
    """How long until one more may be sent; None when it may now, and is counted."""
    window = sent.record(budget.key, at, int(CODES_COUNTED.total_seconds()))
    return max(1, math.ceil((window.ends_at - at).total_seconds())) if window.codes > budget.most else None
