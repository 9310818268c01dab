"""Works on the import or export that was begun first, a few batches at a time.

A batch is one transaction: rows, counts, what was wrong, and how far the operation is. So a worker may be killed
anywhere: the next one reads the file again and goes on behind the last batch, and no row counts twice.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kiosk_registry.application.bulk.ports import Operations, RegisterTable
from kiosk_registry.domain.bulk.operation import MOST_PROBLEMS, Batch, Counts, Failure, Operation, OperationKind, State
from kiosk_registry.domain.bulk.rows import CellError, CentreRow, Known, RowProblem, read_row, refused_change
from kiosk_registry.domain.bulk.table import Cells, FileBroken, read_table, table_lines
from servicekit.faults import crash_point
from servicekit.text import Line, Refusal

# A transaction of some 300 kB: few commits for a whole register, and little lost where one fails.
ROWS_AT_ONCE = 1_000
# A piece of an export is below the gateway's limit for an answer, and no more rows than are quickly read.
PIECE_BYTES = 768 * 1024
ROWS_IN_PIECE = 4_000
LONGEST_NAME = 100
_NAME = Line(LONGEST_NAME)
_DEVANAGARI = frozenset(map(chr, range(0x0904, 0x093A)))  # its letters

Judged = tuple[int, CentreRow | Sequence[RowProblem]]


@dataclass(frozen=True)
class WorkOperations:
    """At most `batches` of one operation."""

    batches: int
    at: datetime


@dataclass(frozen=True)
class WorkOperationsHandler:
    """May be cut off anywhere, and run beside itself: a batch that another one wrote is not written again."""

    operations: Operations
    register: RegisterTable
    pin_districts: Mapping[str, Collection[str]]

    def __call__(self, command: WorkOperations) -> Operation | None:
        """The operation as it is then; None where nothing was to do."""
        operation = self.operations.running()
        if operation is None:
            return None
        if operation.kind is OperationKind.IMPORT:
            return self._import(operation, command)
        return self._export(operation, command)

    # ---- import ---------------------------------------------------------------------------------------------------

    def _import(self, operation: Operation, command: WorkOperations) -> Operation:
        known = Known(self.register.districts(), self.pin_districts, self.register.lsps() or None, command.at)
        rows: list[Judged] = []
        failure: Failure | None = None
        batches = 0
        try:
            for judged in self._judged(operation, known):
                rows.append(judged)
                if len(rows) == ROWS_AT_ONCE:
                    after = self._write(operation, rows, operation, command.at)
                    batches += 1
                    if after is None or batches == command.batches:
                        return after or operation
                    operation, rows = after, []
        except FileBroken as error:
            failure = Failure(error.line, error.code, error.detail, error.detail_hi)
        ended = replace(operation, state=State.FAILED if failure else State.DONE, failure=failure, ended_at=command.at)
        return self._write(operation, rows, ended, command.at) or operation

    def _judged(self, operation: Operation, known: Known) -> Iterator[Judged]:
        """The rows behind those that are done. The earlier ones are read for their codes: none may come twice."""
        pieces = (self.operations.piece(operation.id, number) or b"" for number in range(operation.pieces))
        lines_of_codes: dict[str, int] = {}
        for place, (line, cells) in enumerate(read_table(pieces)):
            code = None if isinstance(cells, RowProblem) else cells["code"]
            first = lines_of_codes.setdefault(code, line) if code else line
            if place >= operation.rows_done:
                yield line, _judge(line, cells, first, known)

    def _write(self, before: Operation, rows: Sequence[Judged], to: Operation, at: datetime) -> Operation | None:
        """The operation after these rows; None where another worker was faster."""
        there = self.register.rows([row.code for _, row in rows if isinstance(row, CentreRow)])
        added: list[CentreRow] = []
        changed: list[tuple[CentreRow, int]] = []
        problems: list[RowProblem] = []
        refused = 0
        for line, row in rows:
            if not isinstance(row, CentreRow):
                refused += 1
                problems += row
            elif row.code not in there:
                added.append(row)
            elif refusals := refused_change(line, there[row.code][0], row):
                refused += 1
                problems += refusals
            elif there[row.code][0] != row:
                changed.append((row, there[row.code][1]))
        unchanged = len(rows) - refused - len(added) - len(changed)
        counts = before.counts + Counts(len(added), len(changed), unchanged, refused)
        kept = problems[: MOST_PROBLEMS - before.problems_kept]
        after = replace(
            to,
            rows_done=before.rows_done + len(rows),
            counts=counts,
            problems_kept=before.problems_kept + len(kept),
        )
        batch = Batch(after, at, problems=kept) if before.dry_run else Batch(after, at, added, changed, kept)
        crash_point("F1")
        if not self.operations.commit(before, batch):
            return None
        crash_point("F2")
        return after

    # ---- export ---------------------------------------------------------------------------------------------------

    def _export(self, operation: Operation, command: WorkOperations) -> Operation:
        for _ in range(command.batches):
            after, piece = self._piece(operation)
            if after.after == operation.after:
                after = replace(after, state=State.DONE, ended_at=command.at)
            crash_point("F1")
            if not self.operations.give(operation, after, piece or None):
                return operation
            crash_point("F2")
            operation = after
            if operation.done:
                break
        return operation

    def _piece(self, operation: Operation) -> tuple[Operation, bytes]:
        """The next piece of the file, and the operation with it; no piece behind the last centre."""
        rows = list(self.register.in_order(operation.after, ROWS_IN_PIECE, operation.district, operation.status))
        lines: list[bytes] = []
        size = 0
        first = operation.pieces == 0
        if first:
            lines.append("".join(table_lines([], header=True)).encode())
        last, count = operation.after, 0
        for row in rows:
            (line,) = table_lines([row], header=False)
            lines.append(line.encode())
            size += len(lines[-1])
            last, count = row.code, count + 1
            if size >= PIECE_BYTES:
                break
        after = replace(
            operation,
            after=last,
            pieces=operation.pieces + bool(lines),
            rows_done=operation.rows_done + count,
        )
        return after, b"".join(lines)


def _judge(line: int, cells: Cells | RowProblem, first: int, known: Known) -> CentreRow | Sequence[RowProblem]:
    if isinstance(cells, RowProblem):
        return [cells]
    if first != line:
        detail = f"Line {first} has this code too; a centre has one row."
        return [RowProblem(line, "code", "twice", detail, f"पंक्ति {first} में भी यही कोड है; एक केंद्र की एक ही पंक्ति हो।")]
    return read_row(line, cells, known, {"name_en": _name, "name_hi": _name_hi})


def _name(cell: str) -> str:
    kept = _NAME.check(cell)
    if isinstance(kept, Refusal):
        raise CellError(kept.code, kept.detail, kept.detail_hi)
    return kept


def _name_hi(cell: str) -> str:
    kept = _name(cell)
    if not any(letter in _DEVANAGARI for letter in kept):
        raise CellError("wrong-form", "Write this name in Devanagari letters.", "यह नाम देवनागरी में लिखें।")
    return kept
