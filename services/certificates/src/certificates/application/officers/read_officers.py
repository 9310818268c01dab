"""Reading what waits for an officer, who has which case, and whose charge one has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from certificates.application.applications.read_applications import steps_of_other_posts
from certificates.application.officers.errors import BulkDecisionNotFound, ChargeNotFound
from certificates.application.officers.ports import BulkDecisions, Charges, DeskQueue, Queues, Takings
from certificates.domain.officers.bulk import BulkDecision
from certificates.domain.officers.charge import Charge
from certificates.domain.officers.officer import Officer
from certificates.domain.officers.taking import Taking
from certificates.domain.rulebook import Rulebook
from certificates.domain.sla.calendar import civil_date
from servicekit.access import Reach


@dataclass(frozen=True)
class OfficerReader:
    """Answers questions of officers about their own work."""

    rulebook: Rulebook
    queues: Queues
    takings: Takings
    charges: Charges
    bulk_decisions: BulkDecisions

    def with_charges(self, officer: Officer, at: datetime) -> Officer:
        """The officer with the charges that they have today."""
        today = civil_date(at)
        held = [
            charge
            for charge in self.charges.living(officer.department, today)
            if charge.is_held_by(officer.id, officer.department, officer.designation.en, today)
        ]
        return replace(officer, charges=tuple(held))

    def queue_counts(self, officer: Officer, reach: Reach, at: datetime) -> Sequence[DeskQueue]:
        """What waits for the officer's post, by desk, the longest wait first."""
        without = steps_of_other_posts(self.rulebook, officer)
        return sorted(self.queues.count(reach, without, civil_date(at)), key=lambda queue: queue.oldest_since)

    def takings_of(self, application_ids: Collection[str], at: datetime) -> Mapping[str, Taking]:
        """Who has which of these cases."""
        return self.takings.in_force(application_ids, at)

    def charges_of(self, officer: Officer, at: datetime) -> list[Charge]:
        """What the officer handed over or has, today or later; the oldest first."""
        return [
            charge
            for charge in self.charges.living(officer.department, civil_date(at))
            if charge.officer_id == officer.id
            or charge.is_held_by(officer.id, officer.department, officer.designation.en, charge.from_on)
        ]

    def own_charge(self, charge_id: str, officer: Officer) -> Charge:
        """One that the officer handed over. Raises ChargeNotFound."""
        charge = self.charges.get(charge_id)
        if charge is None or charge.officer_id != officer.id:
            raise ChargeNotFound("There is no such charge that you handed over.")
        return charge

    def end_charge(self, charge_id: str, officer: Officer, at: datetime) -> Charge:
        """Ends it; one that ended stays as it is. Raises ChargeNotFound."""
        self.charges.end(self.own_charge(charge_id, officer).id, at)
        return self.own_charge(charge_id, officer)

    def bulk_decision(self, bulk_id: str, officer: Officer) -> BulkDecision:
        """An operation of the officer's own. Raises BulkDecisionNotFound."""
        bulk = self.bulk_decisions.get(bulk_id)
        if bulk is None or bulk.officer.id != officer.id:
            raise BulkDecisionNotFound("There is no such operation of yours.")
        return bulk
