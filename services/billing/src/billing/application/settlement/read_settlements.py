"""Reading closed settlements and their files: a department its own, and who looks after all of them every one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from billing.application.settlement.errors import SettlementNotFound
from billing.application.settlement.ports import Settlements
from billing.domain.settlement.settlement import Settlement, SettlementState, file_of


@dataclass(frozen=True)
class Desk:
    """Who reads: an officer of a department, or (None) somebody of all of them.

    A biller is paid for the whole state at once, so an officer's districts bound nothing here; a file names no person.
    """

    department: str | None


@dataclass(frozen=True)
class SettlementReader:
    """Answers questions about settlements. Of one that is not closed nothing is told: it still changes."""

    settlements: Settlements

    def get(self, settlement_id: str, desk: Desk) -> Settlement:
        """One. Raises SettlementNotFound for another department's, as for one that does not exist."""
        settlement = self.settlements.get(settlement_id)
        if (
            settlement is None
            or settlement.state is not SettlementState.CLOSED
            or desk.department not in (None, settlement.department)
        ):
            raise SettlementNotFound("There is no closed settlement with this id.")
        return settlement

    def page(self, desk: Desk, *, before: tuple[date, str] | None, limit: int) -> Sequence[Settlement]:
        """The latest days in front; `before` is the day of the last one of the page before, and its id."""
        return self.settlements.page(desk.department, before=before, limit=limit)

    def file(self, settlement_id: str, desk: Desk) -> tuple[Settlement, Iterator[str]]:
        """The settlement and its file, line by line: what its `file_sha256` is of. Raises SettlementNotFound."""
        settlement = self.get(settlement_id, desk)
        return settlement, file_of(settlement, self.settlements.lines(settlement_id))
