"""Billing's table of events: which it takes, what it reads of each, and what it does."""

from collections.abc import Callable
from typing import Any

from marshmallow import EXCLUDE, Schema, fields
from pymongo.client_session import ClientSession

from billing.application.bills.raise_fee_demand import RaiseFeeDemand
from billing.application.centres.note_standing import NoteStanding
from billing.application.refunds.return_refused_fee import ReturnRefusedFee
from billing.application.wallets.open_wallet import OpenWallet
from billing.application.wallets.take_penalty import TakePenalty
from billing.bootstrap import Billing
from billing.domain.centres import Standing
from billing.domain.ledger.penalties import Penalty
from billing.domain.refunds.refund import APPLICATION_WITHDRAWN
from servicekit import personal
from servicekit.events import Consumer, Order, ReceivedEvent
from servicekit.money import MoneyReading


class _Reading(Schema):
    class Meta:
        unknown = EXCLUDE


class KioskApprovedReading(_Reading):
    """What billing reads of kiosk.approved.v1."""

    kiosk_id = fields.String(required=True)
    district_code = fields.String(required=True)
    lsp_id = fields.String(required=True)
    credit_limit = fields.Nested(MoneyReading, required=True)
    approved_at = fields.AwareDateTime(required=True, format="iso")


class _StandingReading(_Reading):
    kiosk_id = fields.String(required=True)
    district_code = fields.String(required=True)
    reason = fields.String(required=True)


class KioskSuspendedReading(_StandingReading):
    """What billing reads of kiosk.suspended.v1."""

    since = fields.AwareDateTime(required=True, format="iso", data_key="suspended_at")
    until = fields.AwareDateTime(required=True, allow_none=True, format="iso", data_key="suspended_until")


class KioskReinstatedReading(_StandingReading):
    """What billing reads of kiosk.reinstated.v1."""

    since = fields.AwareDateTime(required=True, format="iso", data_key="reinstated_at")


class KioskClosedReading(_StandingReading):
    """What billing reads of kiosk.closed.v1."""

    since = fields.AwareDateTime(required=True, format="iso", data_key="closed_at")


class PenaltyImposedReading(_Reading):
    """What billing reads of penalty.imposed.v1."""

    penalty_id = fields.String(required=True)
    kiosk_id = fields.String(required=True)
    lsp_id = fields.String(required=True)
    amount = fields.Nested(MoneyReading, required=True)
    lsp_share = fields.Nested(MoneyReading, load_default=None)
    imposed_at = fields.AwareDateTime(required=True, format="iso")


class ApplicationSubmittedReading(_Reading):
    """What billing reads of application.submitted.v1."""

    application_id = fields.String(required=True)
    fee = fields.Nested(MoneyReading, required=True)
    fee_order = fields.String(required=True)
    fee_order_hi = fields.String(load_default=None)
    submitted_at = fields.AwareDateTime(required=True, format="iso")


class FeeRefusedReading(_Reading):
    """What billing reads of fee.refused.v1."""

    payment_id = fields.String(required=True)
    application_id = fields.String(required=True)
    reason = fields.String(required=True)
    refused_at = fields.AwareDateTime(required=True, format="iso")


class ApplicationWithdrawnReading(_Reading):
    """What billing reads of application.withdrawn.v1."""

    payment_id = fields.String(required=True, allow_none=True)
    application_id = fields.String(required=True)
    refund_due = fields.Boolean(required=True)
    refund = fields.Nested(MoneyReading, required=True)
    withdrawn_at = fields.AwareDateTime(required=True, format="iso")


def open_wallet(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """An approved centre gets its wallet."""
    data: dict[str, Any] = event.data
    billing.within(session).open_wallet(
        OpenWallet(
            data["kiosk_id"],
            data["district_code"],
            data["credit_limit"]["amount"],
            data["approved_at"],
            data["lsp_id"],
        )
    )


def notes(standing: Standing) -> Callable[[Billing, ReceivedEvent, ClientSession], None]:
    """A centre's standing is from now on this one."""

    def note_standing(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
        billing.within(session).note_standing(NoteStanding(standing=standing, **event.data))

    return note_standing


def take_penalty(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """A penalty is debited; without shares it is the centre's alone."""
    data: dict[str, Any] = event.data
    shared = data["lsp_share"]
    penalty = Penalty(
        penalty_id=data["penalty_id"],
        kiosk_id=data["kiosk_id"],
        lsp_id=data["lsp_id"],
        paise=data["amount"]["amount"],
        lsp_paise=shared["amount"] if shared else 0,
        at=data["imposed_at"],
    )
    billing.within(session).take_penalty(TakePenalty(penalty))


def raise_fee_demand(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """A submitted application's fee becomes payable."""
    data: dict[str, Any] = event.data
    billing.within(session).raise_fee_demand(
        RaiseFeeDemand(
            data["application_id"],
            data["fee"]["amount"],
            data["fee_order"],
            # Events from before the orders had Hindi names lack it.
            data["fee_order_hi"] or data["fee_order"],
            data["submitted_at"],
        )
    )


def return_refused_fee(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """A payment was not accepted as the application's fee: it is given back."""
    billing.within(session).return_refused_fee(ReturnRefusedFee(**event.data))


def return_fee_of_withdrawn(billing: Billing, event: ReceivedEvent, session: ClientSession) -> None:
    """An application was withdrawn: where a rule says so, its fee goes back."""
    data: dict[str, Any] = event.data
    if not data["refund_due"] or data["payment_id"] is None:
        return
    billing.within(session).return_refused_fee(
        ReturnRefusedFee(
            payment_id=data["payment_id"],
            application_id=data["application_id"],
            reason="withdrawn",
            refused_at=data["withdrawn_at"],
            paise=data["refund"]["amount"],
            because=APPLICATION_WITHDRAWN,
        )
    )


CONSUMERS = [
    Consumer("kiosk.approved.v1", "kiosk-registry", KioskApprovedReading(), open_wallet, money=True),
    # A suspension that comes late must not undo the reinstatement after it.
    *(
        Consumer(f"kiosk.{change}.v1", "kiosk-registry", reading, notes(standing), order=Order.LATEST, money=True)
        for change, reading, standing in (
            ("suspended", KioskSuspendedReading(), Standing.SUSPENDED),
            ("reinstated", KioskReinstatedReading(), Standing.OPEN),
            ("closed", KioskClosedReading(), Standing.CLOSED),
        )
    ),
    Consumer("penalty.imposed.v1", "kiosk-registry", PenaltyImposedReading(), take_penalty, money=True),
    Consumer("application.submitted.v1", "certificates", ApplicationSubmittedReading(), raise_fee_demand, money=True),
    Consumer("fee.refused.v1", "certificates", FeeRefusedReading(), return_refused_fee, money=True),
    Consumer(
        "application.withdrawn.v1", "certificates", ApplicationWithdrawnReading(), return_fee_of_withdrawn, money=True
    ),
    *personal.erasure_consumers(),
]
