"""What the use cases need where somebody gets a new number."""

from datetime import datetime
from typing import Protocol

from identity.domain.factors.factors import Used
from identity.domain.recovery.recovery import By, Recovery


class Recoveries(Protocol):
    """Recoveries, never deleted: they are the record of who had what changed."""

    def add(self, recovery: Recovery) -> Recovery:
        """Keep it, unless one runs for its old number; the one that runs then. Safe under a race."""

    def get(self, recovery_id: str) -> Recovery | None:
        """The recovery, whatever its state."""

    def set_stop_code(self, recovery_id: str, stop_code: str) -> bool:
        """Another code in the place of one that nobody was told; False when the old number has been told."""

    def set_notified(self, recovery_id: str, stop_code: str) -> bool:
        """The old number has been told this code; False when another code counts meanwhile. Safe to repeat."""

    def decide(self, recovery_id: str, by: By, at: datetime, effective_at: datetime | None) -> Recovery | None:
        """Approve an open one, or without `effective_at` refuse one that runs; None when it is not so."""

    def waiting(self, new_index: str) -> Recovery | None:
        """The approved one to this number, due or not."""

    def stop(self, stop_code: str) -> bool:
        """Stop the running one of that code (its stored form); False when there is none."""

    def due(self, new_index: str, at: datetime) -> Recovery | None:
        """The approved one to this number whose time has come."""


class RecoveryChanges(Protocol):
    """The end of a recovery, in one transaction."""

    def recover(self, recovery: Recovery, at: datetime) -> bool:
        """The new number the person's, and no other; their sign-ins ended; their factors gone where it resets them.

        False, and nothing done, when it is not approved any more or the number is another person's meanwhile."""

    def approve_by_factor(
        self, recovery: Recovery, by: By, used: Used, sign_in_id: str, effective_at: datetime
    ) -> bool:
        """Approved by its own person: the factor used, the sign-in that proved the new number over.

        False, and nothing done, when the recovery is not open, the factor was used, or the sign-in is over."""
