"""The sandbox's consumers: what each owes, and what happens when it is paid. Both follow from number and day alone."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Outcome = Literal["SUCCESS", "FAILED"]

DUE_IN_DAYS = 15


@dataclass(frozen=True, slots=True)
class Biller:
    """A biller: the one parameter by which it knows a consumer, and the form of its value."""

    parameter: str
    pattern: re.Pattern[str]


_DISCOM = Biller("k_number", re.compile(r"[0-9]{12}"))
BILLERS = {
    "JVVNL": _DISCOM,
    "AVVNL": _DISCOM,
    "JdVVNL": _DISCOM,
    "PHED": Biller("consumer_number", re.compile(r"[0-9]{8,12}")),
    "BSNL": Biller("mobile_number", re.compile(r"[6-9][0-9]{9}")),
    "RBSE": Biller("registration_number", re.compile(r"[0-9A-Z]{6,12}")),
}


@dataclass(frozen=True, slots=True)
class Due:
    """One bill, in whole paise. A RANGE bill takes any multiple from the minimum up to the amount."""

    amount_paise: int
    due_on: date
    bill_period: str
    exactness: Literal["EXACT", "RANGE"] = "EXACT"
    minimum_paise: int | None = None
    multiple_paise: int | None = None

    def takes(self, amount_paise: int) -> bool:
        """Whether a payment of this amount is accepted."""
        if self.exactness == "EXACT":
            return amount_paise == self.amount_paise
        minimum, multiple = self.minimum_paise or 1, self.multiple_paise or 1
        return minimum <= amount_paise <= self.amount_paise and amount_paise % multiple == 0


@dataclass(frozen=True, slots=True)
class Conduct:
    """What a biller does when this consumer's bill is paid."""

    outcome: Outcome = "SUCCESS"
    reason: str | None = None
    settles_after_seconds: float = 0
    down: bool = False
    hangs: bool = False
    calls_back: bool = False
    answers_garbage: bool = False
    # SUCCESS under a reference with half of a surrogate pair: it is JSON, but no text that anybody could store.
    unstorable_reference: bool = False


# By the last two digits of 1000000000xx, at any Discom.
_CONDUCT = {
    "03": Conduct(down=True),
    "04": Conduct(hangs=True, settles_after_seconds=30),
    "05": Conduct(settles_after_seconds=600),
    "06": Conduct("FAILED", "consumer-account-closed", settles_after_seconds=30),
    "09": Conduct(calls_back=True),
    "10": Conduct(answers_garbage=True),
    "22": Conduct(unstorable_reference=True),
}
_AMOUNTS = {
    "01": [152_500],
    "02": [],
    "03": [61_000],
    "04": [88_000],
    "05": [73_450],
    "06": [119_900],
    "07": [45_600, 47_250, 51_075],
    "08": [500_000],
    "09": [96_300],
    "10": [64_800],
    "11": [4_999_900],
    "12": [5_000_000],
    # A bill with nothing to pay stands beside one that can be paid.
    "21": [0, 37_000],
    "22": [21_500],
}

_EXAM_FEE_PAISE = 60_000


def conduct_of(biller_id: str, consumer: str) -> Conduct:
    """What happens when a bill of `consumer` is paid; an ordinary number's payment succeeds at once."""
    case = _case(biller_id, consumer)
    return _CONDUCT.get(case, Conduct()) if case else Conduct()


def dues_of(biller_id: str, consumer: str, today: date) -> list[Due] | None:
    """What `consumer` owes today; None when the biller has no such consumer.

    A bill of the sandbox never goes away for good: after each payment the same amount is due again.
    """
    case = _case(biller_id, consumer)
    if case == "08":
        return [_due(today, 0, 500_000, exactness="RANGE", minimum_paise=10_000, multiple_paise=10_000)]
    if case in _AMOUNTS:
        # The newest of several bills comes last.
        amounts = _AMOUNTS[case]
        return [_due(today, len(amounts) - 1 - place, paise) for place, paise in enumerate(amounts)]
    if biller_id == "RBSE":
        return [_due(today, 0, _EXAM_FEE_PAISE)]
    if (BILLERS[biller_id] is _DISCOM and consumer[0] != "2") or consumer[0] == "0":
        return None
    # Any other number owes between ₹100 and ₹2,000, always the same.
    return [_due(today, 0, 10_000 + int(consumer) * 7_919 % 190_001)]


def _case(biller_id: str, consumer: str) -> str | None:
    if BILLERS[biller_id] is _DISCOM and consumer.startswith("1000000000"):
        return consumer[10:]
    return None


def _due(
    today: date,
    periods_ago: int,
    amount_paise: int,
    *,
    exactness: Literal["EXACT", "RANGE"] = "EXACT",
    minimum_paise: int | None = None,
    multiple_paise: int | None = None,
) -> Due:
    month = today.year * 12 + today.month - 2 - periods_ago
    return Due(
        amount_paise=amount_paise,
        due_on=today + timedelta(days=DUE_IN_DAYS - 30 * periods_ago),
        bill_period=f"{month // 12}-{month % 12 + 1:02}",
        exactness=exactness,
        minimum_paise=minimum_paise,
        multiple_paise=multiple_paise,
    )
