"""Takes a piece of an import's file."""

from dataclasses import dataclass

from kiosk_registry.application.bulk.errors import ImportBegun, ImportPieceRefused, OperationNotFound
from kiosk_registry.application.bulk.ports import Operations
from kiosk_registry.domain.bulk.operation import MOST_PIECE_BYTES, OperationKind


@dataclass(frozen=True)
class ReceivePiece:
    """`number` counts from 0."""

    operation_id: str
    number: int
    content: bytes


@dataclass(frozen=True)
class ReceivePieceHandler:
    """Pieces come in any order; one that comes again replaces the first."""

    operations: Operations

    def __call__(self, command: ReceivePiece) -> None:
        """Keeps it. Raises OperationNotFound, ImportBegun, ImportPieceRefused."""
        operation = self.operations.get(command.operation_id)
        if operation is None or operation.kind is not OperationKind.IMPORT:
            raise OperationNotFound("There is no import with this id; POST /v1/kiosk-imports begins one.")
        if not 0 <= command.number < operation.pieces:
            raise ImportPieceRefused(f"This import announced {operation.pieces} pieces; they are numbered from 0.")
        if not 0 < len(command.content) <= MOST_PIECE_BYTES:
            raise ImportPieceRefused(f"A piece has 1 to {MOST_PIECE_BYTES} bytes.")
        if not self.operations.put_piece(operation, command.number, command.content):
            raise ImportBegun("Its file is being read, or was; POST /v1/kiosk-imports begins another import.")
