"""Begins an import: announces the pieces of its file."""

from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.bulk.ports import Operations
from kiosk_registry.domain.bulk.operation import Operation, OperationKind, State
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class BeginImport:
    """`operation_id` and `at` are minted by the caller; `pieces` is from 1 to `MOST_PIECES`. Without a claim (a
    command of this machine) a repeat begins another one."""

    operation_id: str
    dry_run: bool
    pieces: int
    claim: Claim | None
    at: datetime


@dataclass(frozen=True)
class BeginImportHandler:
    """A repeat with the same claim gives the first import."""

    operations: Operations

    def __call__(self, command: BeginImport) -> Once[str]:
        """The import's id. Raises IdempotencyKeyReused."""
        operation = Operation(
            id=command.operation_id,
            kind=OperationKind.IMPORT,
            state=State.RECEIVING,
            begun_at=command.at,
            dry_run=command.dry_run,
            pieces=command.pieces,
        )
        return self.operations.begin(operation, command.claim)
