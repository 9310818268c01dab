"""What imports and exports need of the outside."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from kiosk_registry.domain.bulk.operation import Batch, Operation
from kiosk_registry.domain.bulk.rows import CentreRow, RowProblem
from servicekit.idempotency import Claim, Once


class Operations(Protocol):
    """Imports and exports, their files and what was wrong with rows."""

    def begin(self, operation: Operation, claim: Claim | None) -> Once[str]:
        """Keeps a new one, with the claim; a repeat names the first. Raises IdempotencyKeyReused."""

    def get(self, operation_id: str) -> Operation | None:
        """The operation as it is, or None."""

    def running(self) -> Operation | None:
        """The one to work on: that which was begun first."""

    def put_piece(self, operation: Operation, number: int, content: bytes) -> bool:
        """Keeps a piece of its file, one that is there is replaced; False if the import no longer receives."""

    def piece(self, operation_id: str, number: int) -> bytes | None:
        """A piece of its file."""

    def piece_numbers(self, operation_id: str) -> Collection[int]:
        """Which pieces are there."""

    def run(self, operation_id: str) -> bool:
        """Has an import that receives run; False if it does not receive. Safe to repeat."""

    def commit(self, before: Operation, batch: Batch) -> bool:
        """Writes all of the batch in one transaction, or nothing: False where the operation is no longer as `before`,
        or a centre is no longer as it was read."""

    def give(self, before: Operation, after: Operation, piece: bytes | None) -> bool:
        """Keeps the next piece of an export with how far it is, or nothing; False as `commit`."""

    def problems(self, operation_id: str, after: int, limit: int) -> Sequence[tuple[int, RowProblem]]:
        """What was wrong with rows, in order of the file, each with its place in the list; those above `after`."""


class RegisterTable(Protocol):
    """The register as rows."""

    def rows(self, codes: Collection[str]) -> Mapping[str, tuple[CentreRow, int]]:
        """The centres of these codes that are there, with their versions."""

    def in_order(self, after: str | None, limit: int, district: str | None, status: str | None) -> Iterator[CentreRow]:
        """The first `limit` centres with a code above `after`."""

    def districts(self) -> Collection[str]:
        """The LGD codes of all districts."""

    def lsps(self) -> Collection[str]:
        """The ids of the local service providers; empty where none are registered yet."""
