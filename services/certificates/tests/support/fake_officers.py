"""Fakes of charges and bulk decisions, which pass the suite of the real stores (tests/service/test_officer_stores)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from certificates.domain.officers.bulk import BulkDecision, Outcome
from certificates.domain.officers.charge import Charge
from servicekit.errors import IdempotencyKeyReused
from servicekit.idempotency import Claim, Once


@dataclass
class FakeCharges:
    """application.officers.ports.Charges in memory."""

    charges: dict[str, Charge] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)

    def once(self, claim: Claim, charge: Charge) -> Once[str]:
        once = _once(self.claims, claim, charge.id)
        self.charges.setdefault(once.value, charge)
        return once

    def get(self, charge_id: str) -> Charge | None:
        return self.charges.get(charge_id)

    def end(self, charge_id: str, at: datetime) -> None:
        if charge := self.charges.get(charge_id):
            self.charges[charge_id] = replace(charge, ended_at=charge.ended_at or at)

    def living(self, department: str, today: date) -> Sequence[Charge]:
        theirs = (charge for _, charge in sorted(self.charges.items()) if charge.department == department)
        return [charge for charge in theirs if today <= charge.until_on and charge.ended_at is None]


@dataclass
class FakeBulkDecisions:
    """application.officers.ports.BulkDecisions in memory. `noted` has each note's place and time."""

    kept: dict[str, BulkDecision] = field(default_factory=dict)
    claims: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    noted: list[tuple[int, datetime]] = field(default_factory=list)

    def once(self, claim: Claim, bulk: BulkDecision) -> Once[str]:
        once = _once(self.claims, claim, bulk.id)
        self.kept.setdefault(once.value, bulk)
        return once

    def get(self, bulk_id: str) -> BulkDecision | None:
        return self.kept.get(bulk_id)

    def running(self) -> BulkDecision | None:
        running = (bulk for bulk in self.kept.values() if bulk.done_at is None)
        return min(running, key=lambda bulk: bulk.made_at, default=None)

    def note(self, bulk_id: str, place: int, outcome: Outcome, at: datetime) -> None:
        self.noted.append((place, at))
        bulk = self.kept[bulk_id]
        items = list(bulk.items)
        items[place] = replace(items[place], outcome=items[place].outcome or outcome)
        done_at = bulk.done_at or (at if all(item.outcome for item in items) else None)
        self.kept[bulk_id] = replace(bulk, items=tuple(items), done_at=done_at)


def _once(claims: dict[tuple[str, str, str], tuple[str, str]], claim: Claim, new_id: str) -> Once[str]:
    key = (claim.client_id, claim.operation, claim.key)
    if known := claims.get(key):
        if known[0] != claim.fingerprint:
            raise IdempotencyKeyReused("another body")
        return Once(known[1], replayed=True)
    claims[key] = (claim.fingerprint, new_id)
    return Once(new_id, replayed=False)
