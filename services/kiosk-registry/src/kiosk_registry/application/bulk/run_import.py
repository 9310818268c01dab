"""Has an import run whose file is there."""

from dataclasses import dataclass

from kiosk_registry.application.bulk.errors import ImportPiecesMissing, OperationNotFound
from kiosk_registry.application.bulk.ports import Operations
from kiosk_registry.domain.bulk.operation import OperationKind


@dataclass(frozen=True)
class RunImport:
    """The command."""

    operation_id: str


@dataclass(frozen=True)
class RunImportHandler:
    """One that runs, or ran, stays as it is."""

    operations: Operations

    def __call__(self, command: RunImport) -> None:
        """Raises OperationNotFound, ImportPiecesMissing."""
        operation = self.operations.get(command.operation_id)
        if operation is None or operation.kind is not OperationKind.IMPORT:
            raise OperationNotFound("There is no import with this id; POST /v1/kiosk-imports begins one.")
        there = self.operations.piece_numbers(operation.id)
        if missing := [number for number in range(operation.pieces) if number not in there]:
            raise ImportPiecesMissing(
                f"{len(missing)} of {operation.pieces} pieces are not there; send them first.", missing=missing
            )
        self.operations.run(operation.id)
