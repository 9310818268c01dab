"""Answers how far imports and exports are."""

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk_registry.application.bulk.errors import OperationNotFound
from kiosk_registry.application.bulk.ports import Operations
from kiosk_registry.domain.bulk.operation import Operation, OperationKind
from kiosk_registry.domain.bulk.rows import RowProblem


@dataclass(frozen=True)
class OperationReader:
    """Imports and exports of whoever may touch the register as a whole: they see each other's."""

    operations: Operations

    def get(self, operation_id: str) -> Operation:
        """Raises OperationNotFound."""
        operation = self.operations.get(operation_id)
        if operation is None:
            raise OperationNotFound("There is no import or export with this id; they are kept for seven days.")
        return operation

    def problems(self, operation_id: str, after: int, limit: int) -> Sequence[tuple[int, RowProblem]]:
        """What was wrong with rows, `limit` at most, each with its place; those above `after`. Raises as `get`."""
        return self.operations.problems(self.get(operation_id).id, after, limit)

    def exported(self, operation_id: str, number: int) -> bytes:
        """A piece of an export's file. Raises OperationNotFound, also for a piece that is not there (yet)."""
        operation = self.get(operation_id)
        content = self.operations.piece(operation_id, number) if operation.kind is OperationKind.EXPORT else None
        if content is None:
            raise OperationNotFound("There is no export with this id, or it has no such piece yet.")
        return content
