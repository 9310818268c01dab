"""Begins an export."""

from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.bulk.ports import Operations
from kiosk_registry.domain.bulk.operation import Operation, OperationKind, State
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class BeginExport:
    """All centres, or those of a district, of a status, or of both. Without a claim a repeat begins another one."""

    operation_id: str
    district: str | None
    status: str | None
    claim: Claim | None
    at: datetime


@dataclass(frozen=True)
class BeginExportHandler:
    """A repeat with the same claim gives the first export."""

    operations: Operations

    def __call__(self, command: BeginExport) -> Once[str]:
        """The export's id. Raises IdempotencyKeyReused."""
        operation = Operation(
            id=command.operation_id,
            kind=OperationKind.EXPORT,
            state=State.RUNNING,
            begun_at=command.at,
            district=command.district,
            status=command.status,
        )
        return self.operations.begin(operation, command.claim)
