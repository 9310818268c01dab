"""What the use cases of inspections need from outside."""

from collections.abc import Sequence
from typing import Protocol

from kiosk_registry.domain.discipline.case import CaseChange
from kiosk_registry.domain.inspections.inspection import Inspection
from servicekit.idempotency import Claim, Once


class Inspections(Protocol):
    """All inspections."""

    def record(self, inspection: Inspection, cases: Sequence[CaseChange], claim: Claim) -> Once[str]:
        """Writes it with the cases that are opened upon it and the claim, or nothing; a repeat names the first.

        Raises InspectionThere, IdempotencyKeyReused.
        """

    def find(self, claim: Claim) -> Once[str] | None:
        """The id that an earlier request with this claim got, or None."""

    def get(self, inspection_id: str) -> Inspection | None:
        """One of them."""

    def of_centre(self, kiosk_id: str, limit: int) -> Sequence[Inspection]:
        """At most `limit`, the newest first."""
