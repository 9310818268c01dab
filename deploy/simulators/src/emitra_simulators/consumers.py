"""The sandbox's consumers: what each owes, and what happens when it is paid. Both follow from number and day alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

Outcome = Literal["SUCCESS", "FAILED"]

DUE_IN_DAYS = 15


@dataclass(frozen=True, slots=True)
class Biller:
    """A biller: the parameter by which it knows a consumer, the form of its value, and what else may be told.

    It lists bills (`fetch`), validates a customer and an amount (`validation`), or both, or is paid unasked.
    """

    parameter: str
    pattern: re.Pattern[str]
    beside: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    fetch: bool = True
    validation: bool = False
    has_plans: bool = False

    def problem_with(self, params: Mapping[str, str]) -> str | None:
        """What is wrong with these parameters, or None."""
        if self.parameter not in params or set(params) - {self.parameter, *self.beside}:
            return f"customer_params are {', '.join([self.parameter, *self.beside])}"
        for name, pattern in {self.parameter: self.pattern, **self.beside}.items():
            if name in params and not pattern.fullmatch(params[name]):
                return f"{name} must be of the form {pattern.pattern}"
        return None


_CODE = re.compile(r"[0-9a-z-]{1,40}")
_MOBILE = re.compile(r"[6-9][0-9]{9}")
_DISCOM = Biller("k_number", re.compile(r"[0-9]{12}"))
_POSTPAID = Biller("mobile_number", _MOBILE)
_PREPAID = Biller(
    "mobile_number",
    _MOBILE,
    {"circle": re.compile(r"[A-Z_]{1,20}"), "plan_id": re.compile(r"[A-Za-z0-9-]{1,40}")},
    fetch=False,
    validation=True,
    has_plans=True,
)
_LANDLINE = Biller("telephone_number", re.compile(r"[1-9][0-9]{9}"))
_BOARD = Biller("registration_number", re.compile(r"[0-9A-Z]{6,12}"))
_UNIVERSITY = Biller("form_number", re.compile(r"[0-9A-Z/-]{1,24}"))
_BODY = Biller(
    "application_number",
    re.compile(r"[0-9A-Z-]{4,24}"),
    {"examination": _CODE, "category": _CODE, "financial_year": _CODE},
    fetch=False,
    validation=True,
)
BILLERS = {
    **dict.fromkeys(["JVVNL", "AVVNL", "JdVVNL", "BESL", "BkESL", "KEDL", "TPADL"], _DISCOM),
    "PHED": Biller("consumer_number", re.compile(r"[0-9]{8,12}")),
    **dict.fromkeys(["BSNL", "AIRTEL-POSTPAID", "JIO-POSTPAID", "VI-POSTPAID", "MTNL-POSTPAID"], _POSTPAID),
    **dict.fromkeys(["BSNL-PREPAID", "AIRTEL-PREPAID", "JIO-PREPAID", "VI-PREPAID", "MTNL-PREPAID"], _PREPAID),
    **dict.fromkeys(["BSNL-LANDLINE", "AIRTEL-LANDLINE", "MTNL-LANDLINE"], _LANDLINE),
    **dict.fromkeys(["RBSE", "RSOS"], _BOARD),
    **dict.fromkeys(["MGSU", "MDSU", "UNIRAJ", "MLSU", "JNVU", "UOK", "VMOU", "PDUSU", "RRBMU", "MSBU"], _UNIVERSITY),
    **dict.fromkeys(["RAJ-OTR", "RPSC", "RSSB", "RPMC"], _BODY),
    **dict.fromkeys(["SANDBOX-LIST", "SANDBOX-SINGLE"], _DISCOM),
    "SANDBOX-OPTIONAL": replace(_DISCOM, validation=True),
    "SANDBOX-DIRECT": replace(_DISCOM, fetch=False),
    "SANDBOX-UNIVERSITY": Biller(
        "enrolment_number",
        re.compile(r"[0-9A-Z]{6,12}"),
        {"examination": _CODE, "session": _CODE, "category": _CODE},
        fetch=False,
        validation=True,
    ),
}
# What a candidate whose number begins like this paid for is a form that is not complete until so long after.
INCOMPLETE_PREFIX = "IN"
FORM_COMPLETE_AFTER_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan of the sandbox: no operator has it."""

    plan_id: str
    amount_paise: int
    description: str
    validity_days: int | None
    sandbox: bool = True


PLANS = {
    plan.plan_id: plan
    for plan in (
        Plan("SANDBOX-28", 19_900, "Sandbox plan of 28 days, of no operator", 28),
        Plan("SANDBOX-84", 59_900, "Sandbox plan of 84 days, of no operator", 84),
        Plan("SANDBOX-TOPUP", 5_000, "Sandbox top-up, of no operator", None),
    )
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
    after_due_paise: int | None = None

    def takes(self, amount_paise: int) -> bool:
        """Whether a payment of this amount is accepted; the sandbox takes the amount of either side of the due day."""
        if self.exactness == "EXACT":
            return amount_paise in (self.amount_paise, self.after_due_paise)
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
    # In time until its due day, and past it: ₹50 more is due then.
    "31": [70_000],
    "32": [70_000],
    # A bill with nothing to pay stands beside one that can be paid.
    "21": [0, 37_000],
    "22": [21_500],
}

_SURCHARGED = ("31", "32")
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
    if case in _SURCHARGED:
        due = replace(_due(today, 0, _AMOUNTS[case][0]), after_due_paise=_AMOUNTS[case][0] + 5_000)
        return [due if case == "31" else replace(due, due_on=today - timedelta(days=1))]
    if case in _AMOUNTS:
        # The newest of several bills comes last.
        amounts = _AMOUNTS[case]
        return [_due(today, len(amounts) - 1 - place, paise) for place, paise in enumerate(amounts)]
    if BILLERS[biller_id] in (_BOARD, _UNIVERSITY):
        return [_due(today, 0, _EXAM_FEE_PAISE)]
    if (_has_cases(biller_id) and consumer[0] != "2") or consumer[0] == "0":
        return None
    # Any other number owes between ₹100 and ₹2,000, always the same.
    return [_due(today, 0, 10_000 + int(consumer) * 7_919 % 190_001)]


def is_known(biller_id: str, consumer: str) -> bool:
    """Whether a biller that validates knows this consumer."""
    return _case(biller_id, consumer) is not None or (
        consumer[0] == "2" if _has_cases(biller_id) else consumer[0] != "0"
    )


def _has_cases(biller_id: str) -> bool:
    return BILLERS[biller_id].parameter == "k_number"


def _case(biller_id: str, consumer: str) -> str | None:
    if _has_cases(biller_id) and consumer.startswith("1000000000"):
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
