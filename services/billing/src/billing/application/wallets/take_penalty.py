"""A penalty is taken from its centre's wallet."""

from dataclasses import dataclass

from billing.application.wallets.ports import Penalties
from billing.domain.ledger.penalties import Penalty


@dataclass(frozen=True)
class TakePenalty:
    """The penalty as the register told it."""

    penalty: Penalty


@dataclass(frozen=True)
class TakePenaltyHandler:
    """Takes it whether or not the wallet holds enough: the rest is owed."""

    penalties: Penalties

    def __call__(self, command: TakePenalty) -> bool:
        """False when it was taken before, or is nothing. Opens the wallet if need be."""
        return self.penalties.take(command.penalty)
