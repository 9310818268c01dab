"""Fees of examinations, registrations and corrections, as their bodies order them: by session, category and window.

A window is of whole days in India. Money tendered inside one counts, however late the body acknowledges it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from billing.domain.calendar import start_of_day
from billing.domain.money import WHOLE, half_up


@dataclass(frozen=True)
class FeeWindow:
    """Days, both inclusive, in which a fee may be paid, and what is paid in them beside it.

    None is unset: an order that does not tell when (`from_day`), or that sets no end (`until`). `late_paise` and
    `late_basis_points` (of the fee) are added to the fee.
    """

    name: str
    name_hi: str
    from_day: date | None
    until: date | None
    late_paise: int = 0
    late_basis_points: int = 0

    @property
    def opens_at(self) -> datetime | None:
        """The first instant in it."""
        return start_of_day(self.from_day) if self.from_day else None

    @property
    def closes_at(self) -> datetime | None:
        """The first instant after it."""
        return start_of_day(self.until + timedelta(days=1)) if self.until else None

    def has(self, at: datetime) -> bool:
        """Whether what is tendered at this instant is tendered in it; so is anything where its days are unset."""
        return not (self.opens_at and at < self.opens_at) and not (self.closes_at and at >= self.closes_at)

    def late_fee(self, fee_paise: int) -> int:
        """What is paid beside the fee, paise."""
        return self.late_paise + half_up(fee_paise * self.late_basis_points, WHOLE)


@dataclass(frozen=True)
class ExamFee:
    """What an order sets for one examination and session (None: for each); `amounts` by category, None where unset.

    `once`: one charge for a person, whatever the category; otherwise each is a charge of its own (a correction).
    """

    examination: str
    name: str
    name_hi: str
    session: str | None
    order: str
    order_hi: str
    amounts: Mapping[str, int | None]
    windows: Sequence[FeeWindow]
    once: bool = True


@dataclass(frozen=True)
class ExamQuote:
    """What one candidate pays at one instant: `closes_at` is the end of the window (None: it has none)."""

    fee: ExamFee
    window: FeeWindow
    paise: int


class NotPayable(Exception):
    """No fee can be quoted. `code`: not-open-yet, closed, amount-unset or unknown; `opens_at` where it opens later."""

    def __init__(self, code: str, detail: str, opens_at: datetime | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.opens_at = opens_at


@dataclass(frozen=True)
class FeeTable:
    """The fees of one body, and which customer parameters say what is paid and by whom."""

    fees: Sequence[ExamFee]
    person_param: str
    examination_param: str
    session_param: str | None
    category_param: str

    def quote(self, values: Mapping[str, str], at: datetime) -> ExamQuote:
        """What is paid by what `values` say, tendered at `at`. Raises NotPayable."""
        examination = values.get(self.examination_param, "")
        session = values.get(self.session_param) if self.session_param else None
        fees = [f for f in self.fees if f.examination == examination and f.session in (None, session)]
        fee = next((f for f in fees if f.session == session), fees[0] if fees else None)
        if fee is None:
            raise NotPayable("unknown", "The body has ordered no fee for this examination and session.")
        paise = fee.amounts.get(values.get(self.category_param, ""))
        if paise is None:
            raise NotPayable("amount-unset", "No order that we hold sets the fee of this category.")
        window = next((w for w in fee.windows if w.has(at)), None)
        if window is None:
            later = sorted(w.opens_at for w in fee.windows if w.opens_at and w.opens_at > at)
            if later:
                raise NotPayable("not-open-yet", "The fee cannot be paid yet.", later[0])
            raise NotPayable("closed", "The last day for this fee is over.")
        return ExamQuote(fee, window, paise + window.late_fee(paise))

    def once_key(self, biller_id: str, fee: ExamFee, values: Mapping[str, str]) -> str | None:
        """What stands for this person's charge, whoever quotes it and in whatever category; None: each is its own.

        A digest, because it is of what identifies a person.
        """
        if not fee.once:
            return None
        session = values.get(self.session_param) if self.session_param else None
        told = [biller_id, fee.examination, session, values[self.person_param]]
        return f"exam:{hashlib.sha256(json.dumps(told).encode()).hexdigest()}"
