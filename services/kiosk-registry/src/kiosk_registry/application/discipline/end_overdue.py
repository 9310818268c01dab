"""What ends by itself: suspensions, and the time in which a decision may be appealed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kiosk_registry.application.discipline.ports import CaseChanges, CaseMoved, Cases, EventIds
from kiosk_registry.domain.discipline.acts import BY_ITSELF, Deed, NotNow, move
from kiosk_registry.domain.discipline.case import Act
from kiosk_registry.domain.discipline.rules import DisciplineBook

# Bounded, so that the lease is renewed; what is left is next.
BATCH = 100


@dataclass(frozen=True)
class EndOverdue:
    """End what is over at an instant."""

    at: datetime


@dataclass(frozen=True)
class EndOverdueHandler:
    """Right with or without a lease: each is ended by compare-and-set, once, with what is told of it."""

    cases: Cases
    book: DisciplineBook
    new_penalty_id: Callable[[], str]
    new_event_ids: Callable[[], EventIds]

    def __call__(self, command: EndOverdue) -> int:
        """How many ended now."""
        return sum(self._end(case_id, act, command.at) for case_id, act in self.cases.overdue(command.at, BATCH))

    def _end(self, case_id: str, act: Act, at: datetime) -> bool:
        case = self.cases.get(case_id)
        standing = self.cases.standing(case.kiosk_id) if case else None
        if case is None or standing is None:
            return False
        try:
            deed = Deed(act=act, by=BY_ITSELF, at=at, penalty_id=self.new_penalty_id())
            change = move(case, standing, deed, self.book.rules)
            ids = self.new_event_ids()

            def effect(changes: CaseChanges) -> None:
                changes.save(change, ids)

            self.cases.transact(effect)
        except (NotNow, CaseMoved):
            # Somebody was first; if there is still something to end, the next look ends it.
            return False
        return True
