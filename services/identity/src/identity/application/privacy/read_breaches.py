"""The register of breaches."""

from collections.abc import Sequence
from dataclasses import dataclass

from identity.application.privacy.errors import BreachNotFound
from identity.application.privacy.ports import Breaches
from identity.domain.privacy.breaches import Breach


@dataclass(frozen=True)
class BreachReader:
    """Answers the data protection officer."""

    breaches: Breaches

    def get(self, breach_id: str) -> Breach:
        """One entry. Raises BreachNotFound."""
        breach = self.breaches.get(breach_id)
        if breach is None:
            raise BreachNotFound("There is no breach with this id in the register.")
        return breach

    def all(self) -> Sequence[Breach]:
        """All of it, the newest first."""
        return self.breaches.all()
