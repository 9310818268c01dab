"""What a draft order would have changed: who would have paid and earned what on payments that were made."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from billing.domain.tariff.fees import FeeSchedule

# The head of a charge that a centre earns.
KIOSK_HEAD = "kiosk"
CITIZENS, DEPARTMENTS = "citizens", "departments"


@dataclass(frozen=True, slots=True)
class PaidBill:
    """What the rehearsal needs of a completed payment; `charged_paise` is what its payer was charged."""

    category: str
    channel: str
    kiosk_id: str | None
    bill_paise: int
    charged_paise: int
    on: date


@dataclass
class Sums:
    """Paise by who pays (citizens, departments) and by which head earns."""

    payments: int = 0
    pay: Counter[str] = field(default_factory=Counter)
    earn: Counter[str] = field(default_factory=Counter)


@dataclass
class Rehearsal:
    """By category, what was and what would have been; `kiosks` is what each centre would have earned more (or less).

    `charged_otherwise` counts payments whose payer was charged something else than the schedule says of their day.
    """

    before: dict[str, Sums] = field(default_factory=dict)
    after: dict[str, Sums] = field(default_factory=dict)
    kiosks: Counter[str] = field(default_factory=Counter)
    charged_otherwise: int = 0

    @property
    def is_balanced(self) -> bool:
        """Whether, before and after, as much is earned as is paid."""
        return all(
            sum(sums.pay.values()) == sum(sums.earn.values()) for sums in [*self.before.values(), *self.after.values()]
        )


def rehearse(payments: Iterable[PaidBill], in_force: FeeSchedule, draft: FeeSchedule) -> Rehearsal:
    """Each payment charged by the orders of its day, and again with the draft among them. Raises NoRateInForce."""
    told = Rehearsal()
    for paid in payments:
        earned = []
        for schedule, sums_of in ((in_force, told.before), (draft, told.after)):
            charge = schedule.charge(
                category=paid.category, channel=paid.channel, bill_paise=paid.bill_paise, on=paid.on
            )
            sums = sums_of.setdefault(paid.category, Sums())
            sums.payments += 1
            sums.pay[CITIZENS] += charge.citizen_paise
            sums.pay[DEPARTMENTS] += charge.department_paise
            sums.earn.update(charge.heads)
            earned.append(charge.heads.get(KIOSK_HEAD, 0))
            if schedule is in_force and charge.citizen_paise != paid.charged_paise:
                told.charged_otherwise += 1
        if paid.kiosk_id:
            told.kiosks[paid.kiosk_id] += earned[1] - earned[0]
    return told
