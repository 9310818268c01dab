"""Drive a top-up towards its end: ask what the saga wants to know, record what it decides. As refunds are driven."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from billing.application.top_ups.ports import ChargeProvider, TopUps
from billing.domain.payments.answers import Answer, Outcome
from billing.domain.payments.pace import Pace
from billing.domain.payments.saga import Attempt
from billing.domain.top_ups.saga import TopUpAsk, TopUpDecision, top_up_ask_first, top_up_ask_next
from billing.domain.top_ups.top_up import TopUp
from servicekit.faults import crash_point


@dataclass(frozen=True)
class DriveTopUp:
    """`attempt` is FIRST when the top-up's intent was stored by whoever gives this command, just now."""

    top_up: TopUp
    attempt: Attempt


@dataclass(frozen=True)
class DriveTopUpHandler:
    """Moves top-ups on. Several may work on one at once: every move is compare-and-set, losers stop."""

    top_ups: TopUps
    provider: ChargeProvider
    pace: Pace
    clock: Callable[[], datetime]
    new_event_id: Callable[[], str]

    def __call__(self, command: DriveTopUp) -> TopUp:
        """Ask once, record once, and return how it then stands.

        Raises DependencyTimeout or DependencyUnavailable when the store cannot be written; nothing is lost by it.
        """
        top_up, attempt = command.top_up, command.attempt
        ask = top_up_ask_first(top_up, attempt, self.pace, self.clock())
        if ask is None:
            return top_up
        answer = self._put(ask, top_up)
        if following := top_up_ask_next(top_up, ask, answer, self.pace, self.clock()):
            ask, answer = following, self._put(following, top_up)
        change = TopUpDecision(top_up, attempt, ask, answer, self.pace, self.clock(), self.new_event_id()).change()
        if self.top_ups.record(top_up, change):
            return change.top_up
        return self.top_ups.get(top_up.top_up_id) or top_up

    def _put(self, ask: TopUpAsk, top_up: TopUp) -> Answer:
        match ask:
            case TopUpAsk.NOBODY:
                return Answer(Outcome.NEVER_SEEN)
            case TopUpAsk.CHARGE:
                crash_point("T1")
                answer = self.provider.charge(top_up)
                crash_point("T2")
                return answer
            case TopUpAsk.FIND:
                return self.provider.find_charge(top_up)
