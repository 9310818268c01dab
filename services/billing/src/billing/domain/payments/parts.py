"""A bill that several payments may pay: together they pay no more than is due."""

from dataclasses import dataclass
from datetime import datetime

from billing.domain.money import rupees
from billing.domain.tariff.problems import Problem


@dataclass(frozen=True)
class Part:
    """What a payment pays a part of.

    `due_paise` is what the biller said is due. Payments completed before `counted_from` no longer count: what the
    biller says is due takes account of them. With `may_exceed` the biller takes more than is due, but not another
    payment once all is paid.
    """

    due_key: str
    due_paise: int
    counted_from: datetime
    may_exceed: bool = False

    def problem_with(self, paise: int, *, others_paise: int, due_paise: int) -> Problem | None:
        """Why `paise` is too much beside what the other payments of this due pay, or None.

        `due_paise` is the most that the biller ever said is due: some lower it with each part, and some do not.
        """
        left = due_paise - others_paise
        if left <= 0:
            return Problem("bill_id", "paid", "Other payments pay all of this bill, and have not failed.")
        if paise <= left or self.may_exceed:
            return None
        detail = f"Other payments pay the rest: {rupees(left)} can still be paid on this bill."
        return Problem("amount", "amount-too-high", detail)
