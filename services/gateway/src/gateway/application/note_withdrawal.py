"""Identity says that access was taken back, or given again."""

from dataclasses import dataclass
from datetime import datetime

from gateway.application.ports import WithdrawalsTold
from gateway.application.withdrawals import Withdrawal


@dataclass(frozen=True)
class NoteWithdrawal:
    """What identity's event says, and when the gateway takes note of it."""

    withdrawal: Withdrawal
    noted_at: datetime


@dataclass(frozen=True)
class NoteWithdrawalHandler:
    """Keeps it; every gateway knows it within a second or two."""

    withdrawals: WithdrawalsTold

    def __call__(self, command: NoteWithdrawal) -> None:
        """Safe to repeat. Must not be given an older word after a newer one."""
        self.withdrawals.keep(command.withdrawal, command.noted_at)
