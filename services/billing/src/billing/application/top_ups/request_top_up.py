"""Top a wallet up. At each step, what is durable if the process dies there:

1. Who asks, the centre and the amount are checked.               Nothing.
2. One transaction: key and top-up.                                The intent; the sweeper goes on with it.
3. The provider is asked, outside any transaction.                 As 2; the sweeper inquires first.
4. One transaction: outcome, ledger, wallet, event.                Everything.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from billing.application.centres.require_trading import RequireTrading, RequireTradingHandler
from billing.application.top_ups.drive_top_up import DriveTopUp, DriveTopUpHandler
from billing.application.top_ups.errors import TopUpNotFound, amount_refused
from billing.application.top_ups.ports import TopUps
from billing.application.wallets.read_wallets import WalletReader
from billing.domain.ledger.limits import WalletLimits
from billing.domain.money import rupees
from billing.domain.payments.pace import Pace
from billing.domain.payments.saga import Attempt
from billing.domain.top_ups.top_up import TopUp, TopUpMove, TopUpState
from servicekit.access import Reach
from servicekit.errors import DependencyTimeout, DependencyUnavailable
from servicekit.faults import crash_point
from servicekit.idempotency import Claim, Once


@dataclass(frozen=True)
class RequestTopUp:
    """`top_up_id` and `at` are minted by the caller. `mode` is CARD or UPI; `instrument` the provider's token."""

    top_up_id: str
    kiosk_id: str
    paise: int
    mode: str
    instrument: str
    client_id: str
    reach: Reach
    request_id: str
    claim: Claim
    at: datetime


@dataclass(frozen=True)
class RequestTopUpHandler:
    """A repeat with the same claim gives the first top-up, as it is by then."""

    wallets: WalletReader
    require_trading: RequireTradingHandler
    top_ups: TopUps
    drive_top_up: DriveTopUpHandler
    limits: Callable[[datetime], WalletLimits]
    pace: Pace

    def __call__(self, command: RequestTopUp) -> Once[TopUp]:
        """The top-up as far as it came within the caller's deadline.

        Raises WalletNotOpen, CentreSuspended, CentreClosed, ValidationFailed and IdempotencyKeyReused. Nothing is
        raised once the intent is stored.
        """
        if earlier := self.top_ups.find_claim(command.claim):
            return self._stored(earlier)
        self.wallets.require(command.kiosk_id, command.reach)
        self.require_trading(RequireTrading(command.kiosk_id, command.at))
        self._require_amount(command.paise, self.limits(command.at))
        begun = self.top_ups.begin(command.claim, self._intent(command))
        if begun.replayed:
            return self._stored(begun)
        top_up = self._stored(begun).value
        # The intent is stored, so the answer is "accepted" at least: the sweeper goes on.
        with suppress(DependencyTimeout, DependencyUnavailable):
            top_up = self.drive_top_up(DriveTopUp(top_up, Attempt.FIRST))
        crash_point("A2")
        return Once(top_up, replayed=False)

    def _stored(self, once: Once[str]) -> Once[TopUp]:
        top_up = self.top_ups.get(once.value)
        if top_up is None:
            raise TopUpNotFound("The top-up made with this key is no longer kept.")
        return Once(top_up, replayed=once.replayed)

    @staticmethod
    def _require_amount(paise: int, limits: WalletLimits) -> None:
        if limits.least_paise is not None and paise < limits.least_paise:
            least = rupees(limits.least_paise)
            raise amount_refused(
                "amount-too-low", f"A top-up is at least {least}.", f"टॉप-अप कम से कम {least} का होता है।"
            )
        if limits.most_paise is not None and paise > limits.most_paise:
            most = rupees(limits.most_paise)
            raise amount_refused(
                "amount-too-high", f"A top-up is at most {most}.", f"टॉप-अप अधिक से अधिक {most} का होता है।"
            )

    def _intent(self, command: RequestTopUp) -> TopUp:
        return TopUp(
            top_up_id=command.top_up_id,
            kiosk_id=command.kiosk_id,
            client_id=command.client_id,
            paise=command.paise,
            mode=command.mode,
            instrument=command.instrument,
            request_id=command.request_id,
            state=TopUpState.REQUESTED,
            version=1,
            history=(TopUpMove(TopUpState.REQUESTED, command.at),),
            created_at=command.at,
            deadline_at=command.at + self.pace.deadline,
            resume_at=command.at + self.pace.grace,
        )
