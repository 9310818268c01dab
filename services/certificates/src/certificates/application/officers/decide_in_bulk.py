"""Bulk decisions that were asked for are carried out, case by case.

What survives when the process dies: each case that was decided, with its outcome or without. The one in hand is decided
again under the same claim, which gives what the first time made; nothing is decided twice, and no outcome is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from certificates.application.applications.ports import Applications
from certificates.application.officers.decide_application import DecideApplication, DecideApplicationHandler
from certificates.application.officers.ports import BulkDecisions
from certificates.application.officers.read_officers import OfficerReader
from certificates.domain.applications.application import Decision
from certificates.domain.officers.bulk import BulkDecision, BulkItem, Outcome
from servicekit.errors import ServiceError
from servicekit.faults import crash_point
from servicekit.idempotency import Claim
from servicekit.ids import event_id, public_id
from servicekit.versions import Precondition

# Decided in one run, so that a process that is told to stop is not waited for.
AT_ONCE = 50
# Longer than any operation is in doubt.
CLAIM_KEPT = timedelta(days=7)


@dataclass(frozen=True)
class DecideInBulk:
    """The command: go on with what was asked for."""

    at: datetime


@dataclass(frozen=True)
class DecideInBulkHandler:
    """May be cut off anywhere, and run by several at once."""

    applications: Applications
    decide_application: DecideApplicationHandler
    bulk_decisions: BulkDecisions
    officers: OfficerReader
    utc_now: Callable[[], datetime]

    def __call__(self, command: DecideInBulk) -> int:
        """How many cases were gone through. A dependency that is away is raised: it goes on at the next run."""
        bulk = self.bulk_decisions.running()
        if bulk is None:
            return 0
        # Whose charge the officer has is looked at again: it may have ended since.
        bulk = replace(bulk, officer=self.officers.with_charges(bulk.officer, command.at))
        places = [place for place, item in enumerate(bulk.items) if item.outcome is None][:AT_ONCE]
        for place in places:
            outcome = self._decide(bulk, place, bulk.items[place])
            crash_point("Q1")
            self.bulk_decisions.note(bulk.id, place, outcome, self.utc_now())
        return len(places)

    def _decide(self, bulk: BulkDecision, place: int, item: BulkItem) -> Outcome:
        at = self.utc_now()
        try:
            self.decide_application(
                DecideApplication(
                    application_id=item.application_id,
                    officer=bulk.officer,
                    decision=Decision.APPROVED,
                    reason=None,
                    remarks=bulk.remarks,
                    step=item.step,
                    precondition=Precondition() if item.version is None else Precondition(frozenset({item.version})),
                    certificate_id=public_id("crt"),
                    decided_event_id=event_id(),
                    issued_event_id=event_id(),
                    ended_event_ids=(event_id(), event_id()),
                    at=at,
                    request_id=bulk.request_id,
                    claim=Claim(bulk.client_id, "bulk-decision", f"{bulk.id}:{place}", bulk.id, at + CLAIM_KEPT),
                )
            )
        except ServiceError as error:
            if error.retryable:
                raise
            return Outcome(error.slug, error.detail, error.members.get("detail_hi"))
        decided = self.applications.get(item.application_id)
        # Of another step than the last there is no certificate.
        return Outcome(None, certificate_id=decided.certificate_id if decided else None)
