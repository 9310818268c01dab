"""A submitted application's fee becomes payable."""

from dataclasses import dataclass
from datetime import datetime

from billing.application.bills.ports import FeeDemand, NewFeeDemands


@dataclass(frozen=True)
class RaiseFeeDemand:
    """The fee as the application's own service determined it.

    `fee_order` is the order it comes from, `fee_order_hi` the order's name in Hindi.
    """

    application_id: str
    fee_paise: int
    fee_order: str
    fee_order_hi: str
    submitted_at: datetime


@dataclass(frozen=True)
class RaiseFeeDemandHandler:
    """Keeps what an application costs."""

    demands: NewFeeDemands

    def __call__(self, command: RaiseFeeDemand) -> None:
        """One that costs nothing raises none. Safe to repeat."""
        if command.fee_paise == 0:
            return
        demand_id = command.application_id.replace("app_", "dem_", 1)
        self.demands.add(
            FeeDemand(
                demand_id=demand_id,
                application_id=command.application_id,
                fee_paise=command.fee_paise,
                fee_order=command.fee_order,
                fee_order_hi=command.fee_order_hi,
                raised_at=command.submitted_at,
            )
        )
