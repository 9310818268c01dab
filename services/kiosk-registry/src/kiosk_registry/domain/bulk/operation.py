"""Long work on the whole register: an import or an export, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kiosk_registry.domain.bulk.rows import CentreRow, RowProblem

# What is sent and what is given at once: as much as the gateway takes of a body.
MOST_PIECE_BYTES = 1024 * 1024
MOST_PIECES = 32  # 85,000 rows with hours and services are some 20 MB
# A file that is wrong throughout: the counts go on, and whoever mends it has seen enough.
MOST_PROBLEMS = 10_000
# Long enough to mend a file and look at it again; a register is read anew rather than kept.
KEPT = timedelta(days=7)


class OperationKind(StrEnum):
    """What is done."""

    IMPORT = "IMPORT"
    EXPORT = "EXPORT"


class State(StrEnum):
    """RECEIVING: pieces of an import are still to come. Of DONE and FAILED there is no way on."""

    RECEIVING = "RECEIVING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the rows; a dry run counts what would become of them."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an import ended before the end of its file, and at which line."""

    line: int
    code: str
    detail: str
    detail_hi: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One import or export.

    `pieces` are those of the file: announced for an import, made so far for an export. `rows_done` are behind it;
    `problems_kept` are the ones that can be read,
    `after` is the last centre that an export wrote. `district` and `status` narrow an export.
    """

    id: str
    kind: OperationKind
    state: State
    begun_at: datetime
    ended_at: datetime | None = None
    dry_run: bool = False
    pieces: int = 0
    rows_done: int = 0
    counts: Counts = Counts()
    problems_kept: int = 0
    failure: Failure | None = None
    district: str | None = None
    status: str | None = None
    after: str | None = None

    @property
    def done(self) -> bool:
        """Whether it came to an end, good or bad."""
        return self.state in (State.DONE, State.FAILED)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is written at once: the operation as it is then, and what its rows make of the register.

    `problems` are those that are kept; `at` is when.
    """

    after: Operation
    at: datetime
    added: Sequence[CentreRow] = ()
    changed: Sequence[tuple[CentreRow, int]] = ()
    problems: Sequence[RowProblem] = ()
