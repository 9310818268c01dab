"""How many cases are before a court, by the year in which they came, and how many came and went in a month."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from revenue_courts.domain.calendar import civil_date
from revenue_courts.domain.case import Act, Case, Change, State

_PENDING = frozenset({State.REGISTERED, State.LISTED, State.RESERVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Pendency:
    """Counts of one court, or of the whole state (`court_code` None). `pending` is by the year of registration,
    `registered` and `disposed` by month, such as 2026-11. A case that is transferred is pending in one court at a time.
    """

    court_code: str | None
    pending: dict[str, int]
    registered: dict[str, int]
    disposed: dict[str, int]


def counted(change: Change) -> dict[str, Counter[str]]:
    """What the counts of each court gain or lose by an act, by the count's name: `pending.2026`, `disposed.2026-11`."""
    before, after = change.before, change.case
    counts: dict[str, Counter[str]] = {}
    for case, step in ((before, -1), (after, 1)):
        if case is not None and case.state in _PENDING:
            counts.setdefault(case.court_code, Counter())[f"pending.{_year(case)}"] += step
    month = f"{civil_date(after.updated_at):%Y-%m}"
    if change.entry.act is Act.REGISTER:
        counts.setdefault(after.court_code, Counter())[f"registered.{month}"] += 1
    if change.entry.act is Act.DISPOSE:
        counts.setdefault(after.court_code, Counter())[f"disposed.{month}"] += 1
    changed = {court: Counter({name: step for name, step in steps.items() if step}) for court, steps in counts.items()}
    return {court: steps for court, steps in changed.items() if steps}


def shown_months(day: date) -> list[str]:
    """The twelve months before the day's own, the oldest first, and that one."""
    last = day.year * 12 + day.month - 1
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(last - 12, last + 1)]


def disposal_rate(counts: Pendency, months: Sequence[str]) -> float | None:
    """Cases disposed of for each that was registered in these months; None where none was."""
    came = sum(counts.registered.get(month, 0) for month in months)
    return round(sum(counts.disposed.get(month, 0) for month in months) / came, 4) if came else None


def _year(case: Case) -> int:
    assert case.registered_at is not None
    return civil_date(case.registered_at).year
